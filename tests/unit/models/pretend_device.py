"""A device that is none: its tensors lie in memory, and refuse to meet those of the CPU as a GPU's would."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Self

import torch
from torch import Tensor
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

NAME = "pretend"
_INDEXED = ("aten::index.", "aten::index_put", "aten::_index_put_impl_")
"""Operations that take positions from the CPU on any device."""


class _Backend:
    """What torch asks of every device when seeds are set."""

    @staticmethod
    def is_available() -> bool:
        return True

    @staticmethod
    def is_initialized() -> bool:
        return True

    @staticmethod
    def _is_in_bad_fork() -> bool:
        return False

    @staticmethod
    def manual_seed_all(seed: int) -> None:
        """Draw nothing here: what is random is drawn on the CPU."""

    @staticmethod
    def current_device() -> int:
        return 0

    @staticmethod
    def device_count() -> int:
        return 1


backend_registration._setup_privateuseone_for_python_backend(  # pyright: ignore[reportPrivateUsage] - the only way in
    NAME, backend_module=_Backend()
)
DEVICE = torch.device(NAME, 0)


class Away(Tensor):
    """A tensor of the device.

    Args:
        held: its numbers.
    """

    held: Tensor

    def __new__(cls, held: Tensor) -> Self:
        wrapper: Any = torch.Tensor._make_wrapper_subclass(  # pyright: ignore[reportPrivateUsage] - as torch documents it
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=DEVICE,
        )
        wrapper.held = held
        return wrapper

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Dispatched(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


@contextmanager
def pretend_device() -> Generator[None]:
    """Inside, tensors can be made on the device and moved to it and back."""
    before = torch.__future__.get_swap_module_params_on_conversion()
    # by default torch exchanges the memory below a parameter, and here there is none
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        with _Dispatched():
            yield
    finally:
        torch.__future__.set_swap_module_params_on_conversion(before)


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    name = str(func.name())
    leaves = tree_leaves((args, kwargs))
    away = [leaf for leaf in leaves if isinstance(leaf, Away)]
    here = [leaf for leaf in leaves if isinstance(leaf, Tensor) and not isinstance(leaf, Away) and leaf.ndim]
    wanted = kwargs.get("device")
    moves = name in {"aten::_to_copy", "aten::copy_"}
    if away and here and not moves and not name.startswith(_INDEXED):
        message = f"{name} of tensors on two devices: {[tuple(each.shape) for each in (*away, *here)]}"
        raise RuntimeError(message)
    lands = bool(away) if wanted is None else torch.device(wanted).type == NAME
    if lands and kwargs.get("generator") is not None:
        message = f"{name} on the device draws from a generator of the CPU"
        raise RuntimeError(message)
    if lands and wanted is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    found = func(*tree_map(_held, args), **tree_map(_held, kwargs))
    if name == "aten::copy_":
        return args[0]
    return tree_map(_keeper({id(each.held): each for each in away}), found) if lands else found


def _held(value: Any) -> Any:
    return value.held if isinstance(value, Away) else value


def _keeper(known: dict[int, Away]) -> Callable[[Any], Any]:
    """In-place operations give back what they were given; all else is new on the device."""

    def keep(value: Any) -> Any:
        return known.get(id(value), Away(value)) if isinstance(value, Tensor) else value

    return keep
