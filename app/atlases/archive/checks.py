"""Whether the bytes of an archive's members are what its manifest says, without torch and without trusting any."""

import io
import json
from collections.abc import Sequence
from typing import Annotated, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat, TypeAdapter, ValidationError
from safetensors import SafetensorError, deserialize

NETWORK_FORMAT = "taskatlas-network/1"
"""As `models.networks.weights.FORMAT` has it, which the web process cannot import: it brings torch."""

MAX_MEMBER_BYTES = 64 * 2**20
"""A larger file of an archive, or what is packed in one, is refused."""


class BadContent(ValueError):
    """The bytes are not of the kind that their place in the manifest asks for."""


class _Curve(BaseModel):
    steps: list[Annotated[int, Field(ge=0)]]
    losses: list[FiniteFloat | None]


_CURVES = TypeAdapter(dict[str, _Curve])


def check_weights(data: bytes, task: str, sources: Sequence[str] | None) -> None:
    """Weights in safetensors that say which network they are.

    Args:
        data: a file's bytes.
        task: that the network must answer.
        sources: of the transfer that it must be; None of a network of its own.

    Raises:
        BadContent: they are something else.
    """
    try:
        deserialize(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        network = json.loads(header["network"])
        metadata = json.loads(header["metadata"])
        found = header["format"], metadata["task"], network["kind"] == "transfer_network"
        stands_on = metadata.get("sources")
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise BadContent(f"is no network in safetensors: {error}") from error
    if found[0] != NETWORK_FORMAT:
        raise BadContent(f"is a network of format {found[0]!r}, not {NETWORK_FORMAT}")
    wanted = None if sources is None else list(sources)
    if found[1:] != (task, sources is not None) or stands_on != wanted:
        raise BadContent(f"holds {_name(found[1], stands_on)}, not {_name(task, wanted)}")


def check_losses(data: bytes) -> None:
    """Per-image losses: arrays of one axis, among them `test`, without pickled objects.

    Raises:
        BadContent: they are something else.
    """
    try:
        with ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_MEMBER_BYTES:
                raise BadContent(f"holds more than {MAX_MEMBER_BYTES // 2**20} MiB")
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except BadContent:
        raise
    except (BadZipFile, OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadContent(f"is no npz of losses: {error}") from error
    if "test" not in arrays:
        raise BadContent("is no npz of losses: it has no array `test`")
    for name, values in arrays.items():
        if values.ndim != 1 or not np.issubdtype(values.dtype, np.floating):
            raise BadContent(
                f"holds {name} of shape {values.shape} and type {values.dtype}, not one loss per image"
            )


def check_curves(data: bytes) -> None:
    """Training curves by name, each `{steps, losses}`.

    Raises:
        BadContent: they are something else.
    """
    try:
        curves = _CURVES.validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadContent(
            f"holds no training curves: {'/'.join(map(str, first['loc']))}: {first['msg']}"
        ) from error
    for name, curve in curves.items():
        if len(curve.steps) != len(curve.losses):
            raise BadContent(
                f"holds a curve {name!r} of {len(curve.steps)} steps and {len(curve.losses)} losses"
            )


def _name(task: Any, sources: Any) -> str:
    return f"a network of {task}" if sources is None else f"a transfer of {sources} to {task}"
