"""Paths that users name: only what lies below an allowed root is ever read."""

from collections.abc import Iterable
from pathlib import Path

from app.core.errors import FieldError, InvalidInput


def allowed_path(location: str, roots: Iterable[Path], *, pointer: str, needed: bool = True) -> Path:
    """Where a user's path leads.

    Args:
        location: relative ones start at the working directory.
        roots: folders of which one must hold it.
        pointer: to the field of the request, for problem documents.
        needed: whether something must be there.

    Raises:
        InvalidInput: it is no path, leads elsewhere, or nothing is there.
    """
    field = pointer.removeprefix("/")
    try:
        path = Path(location).expanduser().resolve()
        exists = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InvalidInput(f"the {field} is no path", errors=[FieldError(pointer, str(error))]) from error
    if not any(path.is_relative_to(root.resolve()) for root in roots):
        detail = "must lie under one of the folders of TASKATLAS_DATASET_ROOTS"
        raise InvalidInput(f"the {field} {detail}", errors=[FieldError(pointer, detail)])
    if needed and not exists:
        raise InvalidInput(
            f"nothing is at this {field}", errors=[FieldError(pointer, f"there is nothing at {location}")]
        )
    return path
