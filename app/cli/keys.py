"""Commands of API keys."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.terminal import JsonOption, err, out, settings_of, show
from app.core.database import Database
from app.core.embedded import prepare_data_folder
from app.core.security import Scope
from app.keys.service import KeysService

if TYPE_CHECKING:
    from collections.abc import Generator

key_cli = typer.Typer(no_args_is_help=True, help="Make and revoke API keys, in this machine's database.")


@key_cli.command("create")
def key_create(
    name: Annotated[str, typer.Argument(help="Who or what uses it.")],
    scope: Annotated[
        list[Scope], typer.Option(help="What it may do; repeat for more. `admin` may do everything.")
    ],
) -> None:
    """Make an API key and print it; it is shown this once."""
    with _open_keys() as keys:
        made = keys.create(name, scope)
    err.print(f"key {made.key.id} for {name}; keep it, it is not shown again:")
    sys.stdout.write(f"{made.secret}\n")


@key_cli.command("list")
def key_list(as_json: JsonOption = False) -> None:
    """List API keys, newest first."""
    with _open_keys() as keys:
        page = keys.list(200, None)
    rows = [
        (
            key.id,
            key.name,
            f"{key.prefix}…",
            " ".join(key.scopes),
            f"{key.created_at:%Y-%m-%d %H:%M}",
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
        )
        for key in page.items
    ]
    show(("id", "name", "begins", "scopes", "created", "last used"), rows, as_json=as_json)


@key_cli.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key.")],
    even_the_last: Annotated[
        bool, typer.Option("--even-the-last", help="Also if the service runs open afterwards.")
    ] = False,
) -> None:
    """Revoke an API key at once."""
    with _open_keys() as keys:
        keys.revoke(key_id, even_the_last=even_the_last)
    out.print(f"key {key_id} is revoked")


@contextmanager
def _open_keys() -> Generator[KeysService]:
    """Open this machine's database; the one commit is at the end."""
    settings = settings_of()
    prepare_data_folder(settings.data)
    database = Database(settings.database)
    try:
        database.migrate()
        with database.session() as session:
            yield KeysService(session, database)
    finally:
        database.close()
