"""Bottleneck features in two dimensions, for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE

PERPLEXITY = 30.0
"""Of t-SNE: about how many neighbours count; a third of the points where there are fewer."""
FEWEST = 10
"""Points below which t-SNE says nothing that principal components do not."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Points in the plane.

    Attributes:
        points: (n, 2) float32, centred. Of t-SNE only who is near whom has a meaning, not how far groups are apart.
        method: which made them.
        perplexity: of t-SNE.
    """

    points: NDArray[np.float32]
    method: Literal["t-sne", "pca"]
    perplexity: float | None


def project(features: NDArray[np.floating]) -> Projection:
    """Bring features of both domains to the plane together; the same features give the same points.

    By t-SNE from principal components (van der Maaten & Hinton 2008), with one fixed random state; by the principal
    components alone where there are fewer than `FEWEST` different points.

    Args:
        features: (n, d) n > 0, finite.

    Raises:
        ValueError: a feature is NaN or infinite.
    """
    if not np.isfinite(features).all():
        message = "features that are not finite cannot be drawn"
        raise ValueError(message)
    exact = features.astype(np.float64)
    components = _principal_components(exact)
    different = len(np.unique(components, axis=0))
    if different < FEWEST:
        return Projection(components.astype(np.float32), "pca", None)
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    start = components / components[:, 0].std() * 1e-4  # as scikit-learn scales its own
    points = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=0).fit_transform(exact)
    return Projection((points - points.mean(0)).astype(np.float32), "t-sne", perplexity)


def _principal_components(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2), 0 where there is no second direction; each direction's largest coefficient is positive."""
    centred = features - features.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:2]
    largest = np.abs(directions).argmax(1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    points = np.zeros((len(features), 2))
    points[:, : len(directions)] = centred @ (directions * signs[:, None]).T
    return points
