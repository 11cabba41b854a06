"""Commands of atlases, which a running server carries out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import JsonOption, KeyOption, UrlOption, client_of, err, follow, out, show

atlas_cli = typer.Typer(no_args_is_help=True, help="Build and look at atlases on a running server.")


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
    with client_of(url, api_key) as client:
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
        job = follow(client, job)
        if job.resource is not None:
            out.print(f"atlas {job.resource.id} is ready")


@atlas_cli.command("list")
def atlas_list(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """List atlases, newest first."""
    with client_of(url, api_key) as client:
        atlases = client.atlases.list(limit=200).items
    rows = [
        (atlas.id, atlas.name, atlas.status, atlas.origin, str(len(atlas.tasks)), str(atlas.transfer_count))
        for atlas in atlases
    ]
    show(("id", "name", "status", "origin", "tasks", "transfers"), rows, as_json=as_json)


@atlas_cli.command("show")
def atlas_show(
    atlas_id: Annotated[str, typer.Argument(help="Id of the atlas.")],
    budget: Annotated[float, typer.Option(help="Budget of the taxonomy shown.")] = 3,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Show an atlas and its best taxonomy under a budget."""
    with client_of(url, api_key) as client:
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
    show(("target", "from", "affinity"), rows, as_json=False)


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
    with client_of(url, api_key) as client:
        job = client.targets.train(atlas_id, name, dataset=dataset, task=task, seed=seed)
        job = follow(client, job)
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
    show(header, rows, as_json=as_json)


@atlas_cli.command("grouping")
def atlas_grouping(
    atlas_id: Annotated[str, typer.Argument(help="Id of an atlas that was built.")],
    task: Annotated[
        list[str] | None,
        typer.Option(help="A task of the atlas; repeat for more. Default: all that can share a network."),
    ] = None,
    budget: Annotated[float, typer.Option(help="How many networks there may be.")] = 2,
    candidates: Annotated[int, typer.Option(help="How many predicted groupings are trained.")] = 3,
    method: Annotated[str, typer.Option(help="That trains networks of several tasks.")] = "uniform",
    epochs: Annotated[int, typer.Option(help="Passes of every network over the training images.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask which tasks should share a network: predicted from the atlas's affinities, and checked by training."""
    with client_of(url, api_key) as client:
        job = client.groupings.ask(
            atlas_id,
            tasks=task,
            budget=budget,
            candidates=candidates,
            method=method,
            epochs=epochs,
            seed=seed,
        )
        job = follow(client, job)
        found = client.groupings.get(atlas_id, str((job.result or {})["grouping_id"]))
    rows = [
        (
            "recommended" if each.groups == found.recommended else "",
            " | ".join(", ".join(group) for group in each.groups),
            "" if each.rank is None else str(each.rank),
            f"{each.cost:g}",
            f"{each.score:.2f}",
            "" if each.validation_delta_m is None else f"{each.validation_delta_m:+.1f} %",
            "" if each.delta_m is None else f"{each.delta_m:+.1f} %",
        )
        for each in found.groupings or []
    ]
    header = ("", "networks", "predicted", "cost", "score", "delta-m, validation", "delta-m, test")
    err.print(f"grouping {found.id}: negative delta-m is better than a network for each task")
    show(header, rows, as_json=as_json)


@atlas_cli.command("delete")
def atlas_delete(
    atlas_id: Annotated[str, typer.Argument(help="Id of the atlas.")],
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Delete an atlas with its transfers."""
    with client_of(url, api_key) as client:
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
    with client_of(url, api_key) as client:
        size = client.atlases.export(atlas_id, out_file, compact=compact)
    out.print(f"wrote {out_file}, {size / 2**20:.1f} MiB", soft_wrap=True, markup=False)


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
    with client_of(url, api_key) as client:
        atlas = client.atlases.import_file(file, name=name)
    out.print(f"atlas {atlas.id} has {atlas.transfer_count} transfers")
