"""Seeds for the parts of a run, drawn from its one seed: no part shares random numbers with another."""

import hashlib

import torch


def derived_seed(seed: int, *names: str) -> int:
    """A seed for the part of a run that `names` spell out.

    Args:
        seed: of the run.
        names: the path to the part, as in `("transfer", "depth", "normals+edges_2d")`.

    Returns:
        A non-negative integer below 2**63, the same on every machine.
    """
    digest = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator_of(seed: int, *names: str) -> torch.Generator:
    """A generator for the part of a run that `names` spell out."""
    return torch.Generator().manual_seed(derived_seed(seed, *names))
