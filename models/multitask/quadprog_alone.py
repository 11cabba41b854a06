"""Loads quadprog so that its C functions call one another, whatever else the process has loaded.

PuLP loads HiGHS with its symbols open to the whole process, and both export a function `dot`: a quadprog that is loaded
afterwards calls HiGHS's, and the process dies in UPGrad's or DualProj's first step.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module


def load_quadprog() -> None:
    """Load the library with its own symbols first."""
    flags = sys.getdlopenflags()
    sys.setdlopenflags(flags | getattr(os, "RTLD_DEEPBIND", 0))  # glibc alone has it; macOS keeps names apart
    try:
        import_module("quadprog")
    finally:
        sys.setdlopenflags(flags)
