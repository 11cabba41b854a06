"""Embeddings with known groups."""

import numpy as np

from models.adaptation.results import Embedding
from models.data.labelled import UNKNOWN


def clusters(classes: int, each: int, *, labelled: bool = True, features: int = 12) -> Embedding:
    """Every class as a tight group in the source; the target has the first half of them, a little aside."""
    random = np.random.default_rng(classes)
    centres = 5 * random.normal(size=(classes, features))
    source = np.repeat(np.arange(classes), each)
    target = np.repeat(np.arange(max(classes // 2, 1)), each)
    at = np.concatenate([centres[source], centres[target] + 0.3])
    return Embedding(
        features=(at + 0.2 * random.normal(size=at.shape)).astype(np.float32),
        is_target=np.repeat([False, True], [len(source), len(target)]),
        labels=np.concatenate([source, target if labelled else np.full(len(target), UNKNOWN)]),
        predictions=np.concatenate([source, target]),
    )
