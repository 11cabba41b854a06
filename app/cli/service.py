"""Commands that start the parts of the service, or look after them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.cli.terminal import HostOption, JsonOption, PortOption, out, settings_of, show
from app.core.artifacts import build_artifact_store
from app.core.database import Database
from app.core.embedded import SetupError, prepare_data_folder
from app.standalone import inference_command, run_everything, threads_environment, worker_command
from app.web import openapi_document, serve_forever

service_cli = typer.Typer()


@service_cli.command()
def up(host: HostOption = None, port: PortOption = None) -> None:
    """Start everything in the foreground: Redis, a worker, inference and the API. Ctrl-C ends all of it."""
    run_everything(settings_of(host, port), lambda line: out.print(line, soft_wrap=True, markup=False))


@service_cli.command()
def serve(
    host: HostOption = None,
    port: PortOption = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the API alone; workers, inference and Redis run elsewhere."""
    serve_forever(settings_of(host, port), fd)


@service_cli.command()
def worker(
    queues: Annotated[str, typer.Option(help="Queues to take jobs from, comma-separated.")] = "cpu",
) -> None:
    """Start one worker: one process, one job at a time. One per device, each with a TASKATLAS_WORKER_NAME."""
    threads = settings_of().worker.threads
    if threads is not None:
        os.environ |= threads_environment(threads)
    _become(worker_command(queues))


@service_cli.command()
def inference() -> None:
    """Start one inference engine, on TASKATLAS_INFERENCE_URL: it holds networks and answers the API."""
    settings_of()
    _become(inference_command())


@service_cli.command()
def migrate() -> None:
    """Bring the database to this version's schema, and make the place of the artefacts if it is missing."""
    settings = settings_of()
    prepare_data_folder(settings.data)
    Database(settings.database).migrate()
    out.print("the database is up to date")
    url = settings.artifacts.url
    try:
        build_artifact_store(settings.artifacts).prepare()
    except OSError as error:
        raise SetupError(f"artefacts cannot be stored at {url}: {error}") from error
    out.print(f"artefacts go to {url}", soft_wrap=True, markup=False)
    from app.atlases.bundled.service import install_at_start  # noqa: PLC0415 - other commands do without

    installed = install_at_start(settings)
    if installed is not None:
        out.print(f"the bundled atlas {installed} is installed")


@service_cli.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look at everything the service needs and say what to mend; status 1 if something is bad."""
    from app.doctor import Verdict, examine  # noqa: PLC0415 - brings Celery

    checks = examine(settings_of())
    rows = [(check.name, str(check.verdict), check.detail) for check in checks]
    show(("name", "verdict", "detail"), rows, as_json=as_json)
    if any(check.verdict is Verdict.BAD for check in checks):
        raise typer.Exit(1)


@service_cli.command()
def openapi(
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File to write; default: the terminal.")
    ] = None,
) -> None:
    """Print the OpenAPI document of the HTTP API."""
    document = openapi_document(settings_of())
    if out_file is None:
        sys.stdout.write(document)
    else:
        out_file.write_text(document, encoding="utf-8")


def _become(command: tuple[str, ...]) -> NoReturn:
    """Turn this process into another program, so that signals reach it directly."""
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - our own Python and modules
