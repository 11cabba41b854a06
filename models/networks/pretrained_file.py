"""What a file of pretrained weights holds, and whether a backbone can start from it: header only, without torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from safetensors import SafetensorError, safe_open

from models.networks.backbone_shapes import BACKBONE_SHAPES, Shapes

GUIDE = "docs/guides/pretrained-weights.md"
_WRAPPERS = ("module.", "backbone.", "encoder.")  # around a backbone, in files of others and in our own
_PREFIXES = ("", *map("".join, itertools.chain(*(itertools.product(_WRAPPERS, repeat=n) for n in (1, 2)))))
_CLASSIFIER = "fc."  # of the public networks: of other classes than ours, so never used
_COUNTER = "num_batches_tracked"  # older files lack it, and nothing that we train depends on it
_SMALL_SIZES = tuple(4 * 2**stages for stages in range(1, 8))  # an image size for each number of stages
_PICKLED = (".pth", ".pt", ".bin", ".ckpt", ".pkl", ".tar")
_PICKLE_STARTS = (b"PK\x03\x04", *(bytes((0x80, protocol)) for protocol in range(2, 6)))
_REAL = frozenset({"F16", "BF16", "F32", "F64"})
_NAMED = 3  # tensors that a message names before it counts


class PretrainedError(ValueError):
    """A backbone cannot start from this file."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """What the header of a safetensors file says.

    Attributes:
        shapes: of every tensor, by its name in the file.
        types: of every tensor's numbers in safetensors' words, such as F32, by the same name.
    """

    shapes: Shapes
    types: Mapping[str, str]

    @property
    def backbone(self) -> str | None:
        """The backbone that can start from it, by its name in a request; None of ours."""
        for name, shapes_for in BACKBONE_SHAPES.items():
            for size in _SMALL_SIZES if name == "small" else (0,):
                try:
                    tensors_for(shapes_for(size), self.shapes)
                except PretrainedError:
                    continue
                return name
        return None

    @property
    def description(self) -> str:
        """In a few words, such as `resnet50: 320 tensors, 25.56 million numbers, F32`."""
        numbers = sum(map(prod, self.shapes.values()))
        types = sorted({self.types[name] for name, shape in self.shapes.items() if shape})
        return (
            f"{self.backbone or 'no backbone of ours'}: {len(self.shapes)} tensors, "
            f"{numbers / 1e6:.2f} million numbers, {' and '.join(types) or 'no type'}"
        )

    def require(self, backbone: str, image_size: int | None) -> None:
        """Make sure that a backbone can start from it.

        Args:
            backbone: by its name in a request.
            image_size: height and width of the network's input, pixels; None for a backbone without images.

        Raises:
            PretrainedError: another network's, or tensors that are missing, too many, of another shape or not real.
        """
        shapes_for = BACKBONE_SHAPES.get(backbone)
        if shapes_for is None or image_size is None:
            raise PretrainedError(f"the backbone {backbone!r} has no weights to start from")
        found = self.backbone
        if found not in {None, backbone}:
            raise PretrainedError(f"these are weights of {found}, not of {backbone}")
        for name, key in tensors_for(shapes_for(image_size), self.shapes).items():
            if not name.endswith(_COUNTER) and self.types[key] not in _REAL:
                raise PretrainedError(f"{key} holds {self.types[key]}, not one of {', '.join(sorted(_REAL))}")


def inspect_weights(path: Path) -> WeightsFile:
    """Read the header of a safetensors file.

    Args:
        path: a regular file.

    Raises:
        PretrainedError: no such file, one that is pickled, or one that is damaged.
    """
    if not path.is_file():
        raise PretrainedError(f"there is no file {path.name}")
    try:
        with safe_open(path, framework="numpy") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
            shapes = {name: tuple(each.get_shape()) for name, each in slices.items()}
            types = {name: each.get_dtype() for name, each in slices.items()}
    except SafetensorError as error:
        raise unreadable(error, path.name, _start(path)) from error
    except OSError as error:
        raise PretrainedError(f"cannot read {path.name}: {error.strerror or error}") from error
    return WeightsFile(shapes, types)


def unreadable(error: Exception, name: str, start: bytes) -> PretrainedError:
    """Why a file that is no safetensors cannot be read, and what to do about it.

    Args:
        error: safetensors' own.
        name: of the file; empty of bytes.
        start: its first bytes.
    """
    # a safetensors file begins with the length of its header, whose upper bytes are zero
    if Path(name).suffix in _PICKLED or (start.startswith(_PICKLE_STARTS) and any(start[4:])):
        return PretrainedError(
            f"{name or 'this'} is a pickled file, and reading one can run any program: convert it to safetensors first "
            f"with the few lines of {GUIDE}"
        )
    return PretrainedError(f"{name or 'this'} is no safetensors file: {error}")


def tensors_for(wanted: Mapping[str, Sequence[int]], found: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Where a file has each tensor of a backbone.

    The names may stand under `module.`, `backbone.` or `encoder.`, or two of these; what stands elsewhere then belongs
    to other parts of a network and is left alone, as is the classifier of the public networks, `fc.*`.

    Args:
        wanted: shape of each tensor, by the backbone's names.
        found: the same by the file's names.

    Returns:
        The file's name of each wanted tensor. Counters of batches may be lacking.

    Raises:
        PretrainedError: the first few tensors that are missing, too many, or of another shape.
    """
    prefix = max(_PREFIXES, key=lambda each: sum(each + name in found for name in wanted))
    under = {name.removeprefix(prefix): name for name in found if name.startswith(prefix)}
    present = {name: under[name] for name in wanted if name in under}
    if not present:
        raise PretrainedError(f"the file has none of the backbone's tensors, but {_listed(found)}")
    faults = {
        "lacks": [name for name in wanted if name not in under and not name.endswith(_COUNTER)],
        "has besides": [name for name in under if name not in wanted and not name.startswith(_CLASSIFIER)],
        "has in another shape": [
            f"{name} {tuple(found[key])} instead of {tuple(wanted[name])}"
            for name, key in present.items()
            if tuple(found[key]) != tuple(wanted[name])
        ],
    }
    said = [f"{what} {_listed(names)}" for what, names in faults.items() if names]
    if said:
        raise PretrainedError(f"these are not the backbone's weights: the file {'; it '.join(said)}")
    return present


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return (", ".join(every[:_NAMED]) or "no tensors at all") + more


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)
