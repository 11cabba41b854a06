"""What all commands share: options, connections, and how things are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import BarColumn, Progress
from rich.table import Table
from taskatlas_client import TaskAtlas

from app.core.listen import url_of
from app.core.settings import Settings, load_settings
from app.standalone import address_file

if TYPE_CHECKING:
    from taskatlas_client import Job

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
_ANY = 10_000  # characters; wider than any table

HostOption = Annotated[str | None, typer.Option(help="Address to listen on.  [env: TASKATLAS_HOST]")]
PortOption = Annotated[
    int | None, typer.Option(help="Port to listen on; 0 = any free one.  [env: TASKATLAS_PORT]")
]
UrlOption = Annotated[
    str | None,
    typer.Option(envvar="TASKATLAS_URL", help="The server; default: the one that runs on this data folder."),
]
KeyOption = Annotated[
    str | None, typer.Option(envvar="TASKATLAS_API_KEY", help="API key, if the server wants one.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def settings_of(host: str | None = None, port: int | None = None) -> Settings:
    """Settings of the environment, with another address where one was asked for."""
    settings = load_settings()
    server = settings.server
    changed = replace(
        server,
        host=server.host if host is None else host,
        port=server.port if port is None else port,
    )
    return replace(settings, server=changed)


def client_of(url: str | None, api_key: str | None) -> TaskAtlas:
    """Connect to the server asked for, or else to the one that runs on the data folder."""
    if url is None:
        settings = settings_of()
        try:
            url = address_file(settings.data).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            url = url_of(settings.server.host, settings.server.port)
    return TaskAtlas(url, api_key)


def follow(client: TaskAtlas, job: Job) -> Job:
    """Show how far a job is until it has ended; Ctrl-C leaves it running and ends the command with status 130."""
    try:
        return _followed(client, job)
    except KeyboardInterrupt:
        err.print(f"the job goes on; DELETE /api/v1/jobs/{job.id} cancels it")
        raise typer.Exit(130) from None


def _followed(client: TaskAtlas, job: Job) -> Job:
    """Show how far a job is until it has ended; on a terminal as a bar, else a line per step."""
    if not out.is_terminal:
        said: list[str] = []

        def say(job: Job) -> None:
            if job.step and said[-1:] != [job.step]:
                said.append(job.step)
                out.print(f"{job.progress:4.0%}  {job.step}", markup=False)

        return client.jobs.wait(job, on_progress=say)
    columns = ("{task.percentage:3.0f}%", BarColumn(), "{task.fields[left]}", "{task.description}")
    with Progress(*columns, console=out) as progress:
        bar = progress.add_task("waits for a worker", total=1.0, left="")

        def draw(job: Job) -> None:
            left = "" if job.eta_s is None else f"{timedelta(seconds=round(job.eta_s))} left"
            progress.update(bar, completed=job.progress, description=job.step or job.state, left=left)

        return client.jobs.wait(job, on_progress=draw)


def show(header: tuple[str, ...], rows: list[tuple[str, ...]], *, as_json: bool) -> None:
    """Print rows as a table, or as a list of JSON objects; only on a terminal is a table made to fit its width."""
    if as_json:
        out.print_json(json.dumps([dict(zip(header, row, strict=True)) for row in rows]))
        return
    table = Table(*map(escape, header), box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))  # names are people's, and may hold brackets
    if not out.is_terminal:
        table.width = Measurement.get(out, out.options.update(max_width=_ANY), table).maximum
    out.print(table, crop=False)
