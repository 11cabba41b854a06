"""`taskatlas`: the service and its use cases from a terminal."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress
from rich.table import Table
from taskatlas_client import Job, TaskAtlas, TaskAtlasError

from app.core.artifacts import build_artifact_store
from app.core.database import Database
from app.core.embedded import SetupError, prepare_data_folder
from app.core.errors import AtlasError
from app.core.listen import url_of
from app.core.security import Scope
from app.core.settings import Settings, SettingsError, load_settings
from app.keys.service import KeysService
from app.standalone import (
    address_file,
    inference_command,
    run_everything,
    threads_environment,
    worker_command,
)
from app.web import openapi_document, serve_forever

if TYPE_CHECKING:
    from collections.abc import Generator

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Learn how visual tasks relate, and put that knowledge to work. `taskatlas up` starts everything.",
)
atlas_cli = typer.Typer(no_args_is_help=True, help="Build and look at atlases on a running server.")
key_cli = typer.Typer(no_args_is_help=True, help="Make and revoke API keys, in this machine's database.")
cli.add_typer(atlas_cli, name="atlas")
cli.add_typer(key_cli, name="key")

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


@cli.command()
def up(host: HostOption = None, port: PortOption = None) -> None:
    """Start everything in the foreground: Redis, a worker, inference and the API. Ctrl-C ends all of it."""
    run_everything(_settings(host, port), lambda line: out.print(line, soft_wrap=True, markup=False))


@cli.command()
def serve(
    host: HostOption = None,
    port: PortOption = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the API alone; workers, inference and Redis run elsewhere."""
    serve_forever(_settings(host, port), fd)


@cli.command()
def worker(
    queues: Annotated[str, typer.Option(help="Queues to take jobs from, comma-separated.")] = "cpu",
) -> None:
    """Start one worker: one process, one job at a time. One per device, each with a TASKATLAS_WORKER_NAME."""
    threads = _settings().worker.threads
    if threads is not None:
        os.environ |= threads_environment(threads)
    _become(worker_command(queues))


@cli.command()
def inference() -> None:
    """Start one inference engine, on TASKATLAS_INFERENCE_URL: it holds networks and answers the API."""
    _settings()
    _become(inference_command())


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema, and make the place of the artefacts if it is missing."""
    settings = _settings()
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


@cli.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look at everything the service needs and say what to mend; status 1 if something is bad."""
    from app.doctor import Verdict, examine  # noqa: PLC0415 - brings Celery

    checks = examine(_settings())
    rows = [(check.name, str(check.verdict), check.detail) for check in checks]
    _show(("name", "verdict", "detail"), rows, as_json=as_json)
    if any(check.verdict is Verdict.BAD for check in checks):
        raise typer.Exit(1)


@cli.command()
def openapi(
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File to write; default: the terminal.")
    ] = None,
) -> None:
    """Print the OpenAPI document of the HTTP API."""
    document = openapi_document(_settings())
    if out_file is None:
        sys.stdout.write(document)
    else:
        out_file.write_text(document, encoding="utf-8")


@key_cli.command("create")
def key_create(
    name: Annotated[str, typer.Argument(help="Who or what uses it.")],
    scope: Annotated[
        list[Scope], typer.Option(help="What it may do; repeat for more. `admin` may do everything.")
    ],
) -> None:
    """Make an API key and print it; it is shown this once."""
    with _keys() as keys:
        made = keys.create(name, scope)
    err.print(f"key {made.key.id} for {name}; keep it, it is not shown again:")
    sys.stdout.write(f"{made.secret}\n")


@key_cli.command("list")
def key_list(as_json: JsonOption = False) -> None:
    """List API keys, newest first."""
    with _keys() as keys:
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
    _show(("id", "name", "begins", "scopes", "created", "last used"), rows, as_json=as_json)


@key_cli.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key.")],
    even_the_last: Annotated[
        bool, typer.Option("--even-the-last", help="Also if the service runs open afterwards.")
    ] = False,
) -> None:
    """Revoke an API key at once."""
    with _keys() as keys:
        keys.revoke(key_id, even_the_last=even_the_last)
    out.print(f"key {key_id} is revoked")


@atlas_cli.command("build")
def atlas_build(
    name: Annotated[str, typer.Argument(help="Name of the atlas.")],
    base: Annotated[
        str | None,
        typer.Option(help="Id of an atlas whose task-specific networks, data and tasks to use."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="tiny, quick, demo or full. Default: quick, or the base's.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="A task; repeat for more. Default: the preset's.")
    ] = None,
    order: Annotated[
        list[int] | None,
        typer.Option(help="How many sources transfers join; repeat for more. Default: the preset's."),
    ] = None,
    per_target: Annotated[
        int | None, typer.Option(help="Source sets per target in each order above 1.")
    ] = None,
    transfer_images: Annotated[
        int | None, typer.Option(help="Images that transfers learn from. Default: the preset's.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of everything random. Default: 0, or the base's.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Id of a data set. Default: rendered rooms.")] = None,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Build an atlas and show how far it is."""
    with _client(url, api_key) as client:
        job = client.atlases.build(
            name,
            base=base,
            preset=preset,
            tasks=task,
            orders=order,
            per_target=per_target,
            seed=seed,
            dataset=dataset,
            overrides=None if transfer_images is None else {"splits.transfer": transfer_images},
        )
        if not wait:
            out.print(f"job {job.id} is {job.state}")
            return
        try:
            job = _follow(client, job)
        except KeyboardInterrupt:
            err.print(f"the job goes on; DELETE /api/v1/jobs/{job.id} cancels it")
            raise typer.Exit(130) from None
        if job.resource is not None:
            out.print(f"atlas {job.resource.id} is ready")


@atlas_cli.command("list")
def atlas_list(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """List atlases, newest first."""
    with _client(url, api_key) as client:
        atlases = client.atlases.list(limit=200).items
    rows = [
        (atlas.id, atlas.name, atlas.status, atlas.origin, str(len(atlas.tasks)), str(atlas.transfer_count))
        for atlas in atlases
    ]
    _show(("id", "name", "status", "origin", "tasks", "transfers"), rows, as_json=as_json)


@atlas_cli.command("show")
def atlas_show(
    atlas_id: Annotated[str, typer.Argument(help="Id of the atlas.")],
    budget: Annotated[float, typer.Option(help="Budget of the taxonomy shown.")] = 3,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Show an atlas and its best taxonomy under a budget."""
    with _client(url, api_key) as client:
        atlas = client.atlases.get(atlas_id)
        out.print(
            f"{atlas.name} ({atlas.id}): {atlas.status}, {atlas.origin}, {atlas.transfer_count} transfers"
        )
        if not atlas.transfer_count:
            return
        taxonomy = client.atlases.taxonomy(atlas_id, budget=budget)
    proof = "proven optimal" if taxonomy.optimal else "not proven"
    out.print(
        f"budget {budget:g}: train {', '.join(taxonomy.sources)}; objective {taxonomy.objective:.6f}, {proof}"
    )
    rows = [
        (
            chosen.target,
            " + ".join(chosen.sources),
            "" if chosen.affinity is None else f"{chosen.affinity:.4f}",
        )
        for chosen in taxonomy.transfers
    ]
    _show(("target", "from", "affinity"), rows, as_json=False)


@atlas_cli.command("target")
def atlas_target(
    atlas_id: Annotated[str, typer.Argument(help="Id of the atlas whose networks are transferred from.")],
    dataset: Annotated[str, typer.Argument(help="Id of the small labelled data set.")],
    name: Annotated[str, typer.Option(help="Name of the novel target.")] = "novel target",
    task: Annotated[
        str | None, typer.Option(help="Task of the data set. Default: its only one outside the dictionary.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train transfers to a novel target and rank them against training from scratch on the same labels."""
    with _client(url, api_key) as client:
        job = client.targets.train(atlas_id, name, dataset=dataset, task=task, seed=seed)
        try:
            job = _follow(client, job)
        except KeyboardInterrupt:
            err.print(f"the job goes on; DELETE /api/v1/jobs/{job.id} cancels it")
            raise typer.Exit(130) from None
        target = client.targets.get(atlas_id, str((job.result or {})["target_id"]))
    models = [*(target.ranking or []), *([] if target.scratch is None else [target.scratch])]
    rows = [
        (
            "best" if model == target.best else "",
            " + ".join(model.sources) or "from scratch",
            f"{model.validation_loss:.4g}",
            f"{model.test_loss:.4g}",
            "" if model.win_rate_vs_scratch is None else f"{model.win_rate_vs_scratch:.0%}",
            "" if model.win_rate_vs_constant is None else f"{model.win_rate_vs_constant:.0%}",
        )
        for model in models
    ]
    header = ("", "from", "validation loss", "test loss", "beats scratch", "beats a constant")
    err.print(f"novel target {target.id}: {target.task} from {target.images.labels} labelled images")
    _show(header, rows, as_json=as_json)


@atlas_cli.command("delete")
def atlas_delete(
    atlas_id: Annotated[str, typer.Argument(help="Id of the atlas.")],
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Delete an atlas with its transfers."""
    with _client(url, api_key) as client:
        client.atlases.delete(atlas_id)
    out.print(f"atlas {atlas_id} is deleted")


@atlas_cli.command("export")
def atlas_export(
    atlas_id: Annotated[str, typer.Argument(help="Id of the atlas.")],
    out_file: Annotated[Path, typer.Option("--out", help="File to write.")],
    compact: Annotated[
        bool, typer.Option("--compact", help="Leave out weights that few ask for, and validation losses.")
    ] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Write a whole atlas to one file, which `taskatlas import` reads."""
    with _client(url, api_key) as client:
        size = client.atlases.export(atlas_id, out_file, compact=compact)
    out.print(f"wrote {out_file}, {size / 2**20:.1f} MiB", soft_wrap=True, markup=False)


@cli.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="CSV, .pkl or exported .atlas.zip file."
        ),
    ],
    name: Annotated[str, typer.Option(help="Name of the atlas.")],
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Make an atlas of measured affinities, or of an archive that `atlas export` wrote."""
    with _client(url, api_key) as client:
        atlas = client.atlases.import_file(file, name=name)
    out.print(f"atlas {atlas.id} has {atlas.transfer_count} transfers")


def _settings(host: str | None = None, port: int | None = None) -> Settings:
    settings = load_settings()
    server = settings.server
    changed = replace(
        server,
        host=server.host if host is None else host,
        port=server.port if port is None else port,
    )
    return replace(settings, server=changed)


def _client(url: str | None, api_key: str | None) -> TaskAtlas:
    """Connect to the server asked for, or else to the one that runs on the data folder."""
    if url is None:
        settings = _settings()
        try:
            url = address_file(settings.data).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            url = url_of(settings.server.host, settings.server.port)
    return TaskAtlas(url, api_key)


@contextmanager
def _keys() -> Generator[KeysService]:
    """Open this machine's database; the one commit is at the end."""
    settings = _settings()
    prepare_data_folder(settings.data)
    database = Database(settings.database)
    try:
        database.migrate()
        with database.session() as session:
            yield KeysService(session, database)
    finally:
        database.close()


def _follow(client: TaskAtlas, job: Job) -> Job:
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


def _show(header: tuple[str, ...], rows: list[tuple[str, ...]], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps([dict(zip(header, row, strict=True)) for row in rows]))
        return
    table = Table(*header, box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _become(command: tuple[str, ...]) -> NoReturn:
    """Turn this process into another program, so that signals reach it directly."""
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - our own Python and modules


def main() -> None:
    """Run the command line: what a person can mend is one line and status 1, never a traceback."""
    try:
        cli()
    except (AtlasError, SettingsError, SetupError, TaskAtlasError) as error:
        err.print(f"taskatlas: {error}", soft_wrap=True, markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
