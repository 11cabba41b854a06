"""Adapted models at work on a user's examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.adaptation.network import outputs
from models.networks.classifier import Classifier
from models.networks.device import on_accelerator
from models.networks.weights import SavedNetwork, WeightsError, unpack_network


class ExamplesError(ValueError):
    """The examples are not what the classifier takes."""


class AdaptedClassifier:
    """A trained model that answers for images or for pre-extracted vectors.

    Args:
        network: with its weights.
        saved: what its file says of it.

    Raises:
        WeightsError: the file does not say what the network takes and answers.
    """

    def __init__(self, network: Classifier, saved: SavedNetwork) -> None:
        try:
            self.classes = tuple(map(str, saved.metadata["classes"]))
            self.image_size: int | None = saved.metadata["image_size"]
            self.input_features: int | None = saved.metadata["input_features"]
        except (KeyError, TypeError) as error:
            message = f"the file says nothing of {error}"
            raise WeightsError(message) from error
        self._network = on_accelerator(network)

    def predict(self, examples: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        """Class probabilities of a batch of examples.

        Args:
            examples: (N, H, W, 3) uint8 sRGB with H = W = `image_size`, or (N, `input_features`) float32.

        Returns:
            (N, K) float32 in the order of `classes`; rows sum to 1.

        Raises:
            ExamplesError: another shape or dtype, or none.
        """
        size = self.image_size
        shape = (self.input_features,) if size is None else (size, size, 3)
        dtype = np.float32 if size is None else np.uint8
        if examples.dtype != dtype or examples.shape[1:] != shape or not len(examples):
            wanted = f"(N, {', '.join(map(str, shape))}) {np.dtype(dtype)}"
            message = f"takes {wanted}, got {examples.shape} {examples.dtype}"
            raise ExamplesError(message)
        return outputs(self._network, examples)[1]


def load_classifier(weights: bytes) -> AdaptedClassifier:
    """An adapted model, from its bytes alone.

    Args:
        weights: `Adapted.weights`.

    Raises:
        WeightsError: the bytes are no such model.
    """
    saved = unpack_network(weights)
    if not isinstance(saved.module, Classifier):
        message = f"a {type(saved.module).__name__} is no classifier"
        raise WeightsError(message)
    return AdaptedClassifier(saved.module, saved)
