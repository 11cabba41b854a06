"""Processes that render; they import the rooms alone, so they start fast, whatever their parent has loaded."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def processes(count: int) -> Generator[Executor]:
    """Start processes for `render`, and end them on leaving.

    They are spawned, not forked: the parent may have threads and a GPU. When it is killed they end with it.

    Args:
        count: how many, at least 1.
    """
    spawn = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(count, mp_context=spawn, initializer=_begin)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _begin() -> None:
    # The processes share the cores; NumPy's libraries read this when the first batch imports them.
    os.environ["OMP_NUM_THREADS"] = "1"
    # The terminal sends Ctrl-C to children too, but only the parent decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    # Waiting for work would never end: a worker holds the writing end of its own queue open.
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
