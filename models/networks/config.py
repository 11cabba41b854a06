"""Sizes of a network, as data: no torch here, so that settings and job rows can hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


class NetworkConfigError(ValueError):
    """A network of these sizes cannot be built."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of the encoder and of every decoder, shared by all tasks of an atlas.

    The defaults are those of 64x64 images on a CPU; `full()` follows the paper's shapes at 256x256.

    Attributes:
        image_size: Height and width of input images, in pixels.
        encoder_widths: Channels per encoder stage; every stage halves height and width.
        encoder_blocks: Residual blocks per stage, as many entries as `encoder_widths`.
        bottleneck_channels: Channels of the spatial bottleneck (8 in the paper).
        decoder_widths: Channels of the dense decoder, from the bottleneck's resolution upwards; each entry
            but the last is followed by an upsampling by 2.
        head_width: Hidden units of heads for vectors and classes.
        embedding_channels: Dimensions of a pixel's embedding in unsupervised segmentation (64 in the paper).
        dropout: Probability of dropping a hidden unit in the heads.
    """

    image_size: int = 64
    encoder_widths: tuple[int, ...] = (16, 32, 64)
    encoder_blocks: tuple[int, ...] = (0, 0, 1)
    bottleneck_channels: int = 8
    decoder_widths: tuple[int, ...] = (32, 32, 16)
    head_width: int = 64
    embedding_channels: int = 16
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if not self.encoder_widths or len(self.encoder_widths) != len(self.encoder_blocks):
            raise NetworkConfigError(
                "encoder_blocks needs one entry per encoder stage, and there must be one"
            )
        if self.image_size < self.stride or self.image_size % self.stride:
            raise NetworkConfigError(f"image_size {self.image_size} is not a multiple of {self.stride}")
        if not 1 <= len(self.decoder_widths) <= len(self.encoder_widths) + 1:
            raise NetworkConfigError("decoder_widths has 1 to (encoder stages + 1) entries")
        counts = (*self.encoder_widths, *self.decoder_widths, self.head_width, self.embedding_channels)
        if min(*counts, self.bottleneck_channels) < 1 or min(self.encoder_blocks) < 0:
            raise NetworkConfigError("channel counts are positive and block counts not negative")
        if not 0 <= self.dropout < 1:
            raise NetworkConfigError("dropout lies in [0, 1)")

    @property
    def stride(self) -> int:
        """Image pixels per bottleneck cell, along one axis."""
        return 2 ** len(self.encoder_widths)

    @property
    def bottleneck_size(self) -> int:
        """Height and width of the spatial bottleneck."""
        return self.image_size // self.stride

    @property
    def representation_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one image's representation."""
        return self.bottleneck_channels, self.bottleneck_size, self.bottleneck_size

    @classmethod
    def full(cls) -> Self:
        """Sizes for 256x256 images on a GPU, with the paper's 16x16x8 bottleneck."""
        return cls(
            image_size=256,
            encoder_widths=(32, 64, 128, 256),
            encoder_blocks=(0, 2, 2, 4),
            bottleneck_channels=8,
            decoder_widths=(256, 128, 64, 32, 16),
            head_width=512,
            embedding_channels=64,
            dropout=0.5,
        )

    def to_json(self) -> dict[str, Any]:
        """The config as JSON-able values."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The config that `to_json` wrote.

        Raises:
            NetworkConfigError: An unknown field, or sizes that do not fit together.
        """
        unknown = set(data) - {field.name for field in fields(cls)}
        if unknown:
            raise NetworkConfigError(f"unknown network sizes: {', '.join(sorted(unknown))}")
        sizes: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        return cls(**sizes)
