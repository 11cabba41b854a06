"""Data sets by what people call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from taskatlas_client import NotFoundError

if TYPE_CHECKING:
    from taskatlas_client import TaskAtlas


def dataset_id(client: TaskAtlas, wanted: str) -> str:
    """Id of the data set with that id, or else of the only one with that name.

    Raises:
        typer.BadParameter: There is none, or several.
    """
    try:
        return client.datasets.get(wanted).id
    except NotFoundError:
        pass
    found: list[str] = []
    page = client.datasets.list(limit=200)
    while True:
        found += [dataset.id for dataset in page.items if dataset.name == wanted]
        if page.next_cursor is None:
            break
        page = client.datasets.list(limit=200, cursor=page.next_cursor)
    if len(found) > 1:
        raise typer.BadParameter(f"{len(found)} data sets are called {wanted!r}: {', '.join(found)}")
    if not found:
        raise typer.BadParameter(f"there is no data set {wanted!r}")
    return found[0]
