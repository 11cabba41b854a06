"""All commands of `taskatlas` in one."""

from __future__ import annotations

import sys

import typer
from taskatlas_client import TaskAtlasError

from app.cli.adaptations import adapt, adaptation_cli
from app.cli.atlases import atlas_cli, import_file
from app.cli.keys import key_cli
from app.cli.multitask import multitask_cli
from app.cli.service import service_cli
from app.cli.terminal import err
from app.core.embedded import SetupError
from app.core.errors import AtlasError
from app.core.settings import SettingsError

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Learn how visual tasks relate, and put that knowledge to work. `taskatlas up` starts everything.",
)
cli.add_typer(service_cli)
cli.add_typer(atlas_cli, name="atlas")
cli.add_typer(adaptation_cli, name="adaptation")
cli.add_typer(multitask_cli, name="multitask")
cli.add_typer(key_cli, name="key")
cli.command("import")(import_file)
cli.command("adapt")(adapt)


def main() -> None:
    """Run the command line: what a person can mend is one line and status 1, never a traceback."""
    try:
        cli()
    except (AtlasError, SettingsError, SetupError, TaskAtlasError) as error:
        err.print(f"taskatlas: {error}", soft_wrap=True, markup=False)
        sys.exit(1)
