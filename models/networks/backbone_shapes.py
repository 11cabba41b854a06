"""Names and shapes of every tensor of the backbones, without torch: what a file of weights is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Shapes = dict[str, tuple[int, ...]]
"""By name; () for a number."""


@dataclass(frozen=True, slots=True)
class ResNetSizes:
    """What tells one ResNet from another (He et al. 2016, Table 1).

    Attributes:
        blocks: in each of the four stages.
        expansion: output channels of a block by its inner channels; 4 for blocks of three convolutions, 1 for two.
    """

    blocks: tuple[int, int, int, int]
    expansion: int

    @property
    def features(self) -> int:
        """Channels of the last stage."""
        return STAGE_WIDTHS[-1] * self.expansion


STAGE_WIDTHS = (64, 128, 256, 512)  # inner channels of a ResNet's stages
RESNETS: Mapping[int, ResNetSizes] = MappingProxyType(
    {18: ResNetSizes((2, 2, 2, 2), expansion=1), 50: ResNetSizes((3, 4, 6, 3), expansion=4)}
)


def resnet_shapes(depth: int) -> Shapes:
    """Of a ResNet without its classifier.

    Raises:
        KeyError: a depth that there is not.
    """
    sizes = RESNETS[depth]
    shapes: Shapes = {"conv1.weight": (64, 3, 7, 7), **_batch_norm("bn1", 64)}
    inputs = 64
    for stage, (width, count) in enumerate(zip(STAGE_WIDTHS, sizes.blocks, strict=True), 1):
        outputs = width * sizes.expansion
        for block in range(count):
            name = f"layer{stage}.{block}"
            convolutions = [(width, inputs, 3), (width, width, 3)]
            if sizes.expansion > 1:
                convolutions = [(width, inputs, 1), (width, width, 3), (outputs, width, 1)]
            for position, (to, of, side) in enumerate(convolutions, 1):
                shapes[f"{name}.conv{position}.weight"] = (to, of, side, side)
                shapes |= _batch_norm(f"{name}.bn{position}", to)
            if block == 0 and (stage > 1 or inputs != outputs):
                shapes[f"{name}.downsample.0.weight"] = (outputs, inputs, 1, 1)
                shapes |= _batch_norm(f"{name}.downsample.1", outputs)
            inputs = outputs
    return shapes


def _batch_norm(name: str, channels: int) -> Shapes:
    vectors: Shapes = {
        f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")
    }
    return {**vectors, f"{name}.num_batches_tracked": ()}


SMALLEST_MAP = 4  # height and width of the small network's last map, at most
_FIRST_WIDTH = 16  # channels of its first stage; each further one has twice as many, up to
_MOST_WIDTH = 64


def small_stages(image_size: int) -> tuple[int, ...]:
    """Channels of each stage of the small network for images of this height and width, pixels."""
    widths: list[int] = []
    while image_size > SMALLEST_MAP:
        widths.append(min(_FIRST_WIDTH * 2 ** len(widths), _MOST_WIDTH))
        image_size = (image_size + 1) // 2
    return tuple(widths)


def small_shapes(image_size: int) -> Shapes:
    """Of the small network for images of this height and width, pixels."""
    shapes: Shapes = {}
    inputs = 3
    for stage, width in enumerate(small_stages(image_size)):
        shapes[f"stages.{3 * stage}.weight"] = (width, inputs, 3, 3)
        shapes |= {f"stages.{3 * stage + 1}.{part}": (width,) for part in ("weight", "bias")}
        inputs = width
    return shapes


BACKBONE_SHAPES: Mapping[str, Callable[[int], Shapes]] = MappingProxyType(
    {"small": small_shapes, "resnet18": lambda _: resnet_shapes(18), "resnet50": lambda _: resnet_shapes(50)}
)
"""By the backbone's name in a request: the shapes for an image size. What it does not name takes no weights."""
