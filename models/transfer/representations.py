"""What frozen encoders make of the images: computed once, cached, joined for higher orders."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.data.splits import Split
from models.data.views import Views
from models.networks.device import accelerator, device_of, on_accelerator
from models.networks.encoder import encode_views, fresh_encoder
from models.tasks.definition import TaskDefinition
from models.tasks.examples import Examples, channels_last
from models.tasks.images import to_bytes
from models.tasks.kinds.colorization import Colorization
from models.tasks.registry import definition
from models.taxonomy.table import RANDOM
from models.training.seeds import generator_of
from models.transfer.config import AtlasConfig

Representation = NDArray[np.float16]
TRANSFER_SPLITS: tuple[Split, ...] = ("transfer", "validation", "test")
PLAIN = "rgb"
"""The inputs of every task that looks at one image as it is."""


class TooFewEncoded(ValueError):
    """A source has encoded fewer images of a split than its transfers are to learn from."""


def inputs_kind(target: TaskDefinition) -> str:
    """Under which name representations of the target's inputs are kept: tasks of one name share them.

    A target whose inputs are more than one image, or an image with noise, has inputs of its own: a transfer
    sees what the target's own network sees, so that the two can be compared.
    """
    plain = type(target).inputs is TaskDefinition.inputs and target.task.inputs == 1
    return PLAIN if plain else target.name


def target_inputs(config: AtlasConfig, views: Views) -> dict[str, TaskDefinition]:
    """One task for each kind of inputs among the atlas's targets."""
    found = [
        definition(name, image_size=config.image_size, label_info=views.label_info) for name in config.targets
    ]
    return {inputs_kind(target): target for target in reversed(found)}


def random_encoder(config: AtlasConfig) -> nn.Module:
    """The untrained encoder of an atlas, the same for all of its tasks."""
    return fresh_encoder(config.network, generator_of(config.seed, RANDOM)).eval()


def as_source_sees(source: TaskDefinition, inputs: Tensor) -> Tensor:
    """A target's inputs as the source's encoder knows images: grey for the one that was trained on lightness.

    Args:
        source: whose encoder will look.
        inputs: (N, V, 3, H, W) in [-1, 1].
    """
    return source.serve(to_bytes(inputs)) if isinstance(source, Colorization) else inputs


def encode(encoder: nn.Module, inputs: Tensor) -> Tensor:
    """Representations without gradients: (N, V, 3, H, W) -> (N, V * C, h, w), where the encoder is."""
    with torch.no_grad():
        return encode_views(encoder, inputs.to(device_of(encoder)))


def represent(source: TaskDefinition, encoder: nn.Module, examples: Examples) -> Representation:
    """The representation of every example of a split.

    Args:
        source: the task that the encoder was trained for.
        encoder: in evaluation mode; it is moved to the accelerator.
        examples: of any task, the target.

    Returns:
        (n, V * C, h, w) float16, with fixed noise where the target's inputs are noisy.
    """
    on_accelerator(encoder)
    parts = [
        encode(encoder, as_source_sees(source, examples.inputs(rows))).to(torch.float16).cpu().numpy()
        for rows in examples.rows()
    ]
    return np.concatenate(parts)


def read(seen: Tensor, rows: Tensor | slice) -> Tensor:
    """Some examples' representations as decoders and transfer heads read them, on the accelerator.

    Args:
        seen: (n, C, h, w) float16, of all examples.
        rows: which, m of them.

    Returns:
        (m, C, h, w) float32.
    """
    return channels_last(seen[rows].to(accelerator()).float())


def source_representations(
    config: AtlasConfig, source: TaskDefinition, encoder: nn.Module, views: Views
) -> dict[str, Representation]:
    """All that the transfers of an atlas will ask of one source, by `"<inputs>/<split>"`."""
    return {
        f"{kind}/{split}": represent(source, encoder, Examples(target, views, split))
        for kind, target in target_inputs(config, views).items()
        for split in TRANSFER_SPLITS
    }


def joined_representations(
    representations: Mapping[str, Mapping[str, Representation]],
    sources: Sequence[str],
    key: str,
    *,
    examples: int | None = None,
) -> Tensor:
    """Representations of several sources side by side on the channel axis.

    Args:
        representations: by source, then by `"<inputs>/<split>"`.
        sources: which, in order.
        key: inputs and split.
        examples: how many, the first of the split; None = all that were encoded.

    Returns:
        (n, k * V * C, h, w) float16.

    Raises:
        KeyError: a representation is missing.
        TooFewEncoded: fewer examples were encoded than are wanted.
    """
    parts = []
    for name in sources:
        values = np.asarray(representations[name][key])
        if examples is not None and len(values) < examples:
            raise TooFewEncoded(f"{name} has encoded {len(values)} images of {key}, not {examples}")
        parts.append(torch.from_numpy(values[:examples]))
    return torch.cat(parts, dim=1)
