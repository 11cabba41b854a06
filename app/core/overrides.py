"""Single settings of a configuration that a request names: each made sure of before the configuration sees it."""

from collections.abc import Mapping
from typing import Any

_LARGEST = 65_536  # of any setting: what is beyond fits into no memory, or learns nothing


class OverrideError(ValueError):
    """A setting cannot be changed so.

    Attributes:
        name: of the setting.
        detail: what is wrong with it.
    """

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail


def checked_overrides(defaults: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, float | str]:
    """The values as ones of their settings' kinds.

    Args:
        defaults: of every setting that may be changed: whole numbers, numbers or strings.
        overrides: by name.

    Raises:
        OverrideError: an unknown setting, or a value of another kind or size.
    """
    for name in overrides:
        if name not in defaults:
            raise OverrideError(name, f"there is no such setting; there are {', '.join(defaults)}")
    return {name: _checked(name, defaults[name], value) for name, value in overrides.items()}


def _checked(name: str, default: object, value: object) -> float | str:
    if isinstance(default, str):
        return value if isinstance(value, str) else repr(value)  # which the configuration knows no better
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise OverrideError(name, f"must be a {'whole ' * whole}number, got {value!r}")
    if not abs(value) <= _LARGEST:
        raise OverrideError(name, f"must be at most {_LARGEST}")
    return int(value) if whole else float(value)
