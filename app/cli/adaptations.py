"""Commands of adaptations, which a running server carries out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.datasets import dataset_id
from app.cli.terminal import JsonOption, KeyOption, UrlOption, client_of, err, follow, out, show

if TYPE_CHECKING:
    from taskatlas_client import Adaptation, MethodSummary, Spread

adaptation_cli = typer.Typer(
    no_args_is_help=True, help="Look at adaptations on a running server, and use their models."
)

AdaptationArgument = Annotated[str, typer.Argument(help="Id of the adaptation.")]
ModelOption = Annotated[
    str | None, typer.Option(help="Id of a model. Default: that of the highest label-free score.")
]

_HEADER = (
    "method",
    "chosen without labels",
    "last step",
    "oracle (by labels)",
    "held-out source",
    "runs",
    "verdict",
)


def adapt(
    source: Annotated[str, typer.Argument(help="Id or name of the labelled data set, with all classes.")],
    target: Annotated[str, typer.Argument(help="Id or name of the data set to adapt to.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the adaptation. Default: from the data sets.")
    ] = None,
    target_class: Annotated[
        list[str] | None,
        typer.Option(help="A class that the target is restricted to; repeat for more. Default: all of it."),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="source-only, dann, san-selective, san-entropy, san, pada, etn or ba3us; repeat for more. "
            "Default: all of them."
        ),
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="A seed; repeat for more. Default: 0, 1, 2.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps of every run. Default: 2000.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Examples per step of each domain. Default: 64.")
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(help="small, resnet18, resnet50 or features. Default: small.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Pretrained weights: a safetensors file on the server.")
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(help="Pixels. Default: the source's, within what the backbone takes.")
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="Whose formulas SAN follows: paper, caffe or w_t. Default: the server's."),
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(
            help="Score without labels that chooses the step: source-validation, entropy, infomax, dev or snd. "
            "Default: the server's."
        ),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Adapt classifiers from a labelled source to an unlabelled target with fewer classes, and compare the methods.

    Every method is trained with every seed. The target's labels, if it has any, are used for the figures only.
    """
    with client_of(url, api_key) as client:
        job = client.adaptations.create(
            name or f"{source} to {target}",
            source=dataset_id(client, source),
            target=dataset_id(client, target),
            target_classes=target_class,
            methods=method,
            seeds=seed,
            steps=steps,
            batch_size=batch_size,
            backbone=backbone,
            weights=weights,
            image_size=image_size,
            mode=mode,
            selector=selector,
        )
        if not wait or job.resource is None:
            out.print(f"job {job.id} is {job.state}")
            return
        err.print(f"adaptation {job.resource.id}")
        follow(client, job)
        _print(client.adaptations.get(job.resource.id), as_json=as_json)


@adaptation_cli.command("list")
def adaptation_list(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """List adaptations, newest first."""
    with client_of(url, api_key) as client:
        adaptations = client.adaptations.list(limit=200).items
    rows = [
        (
            each.id,
            each.name,
            each.status,
            str(len(each.classes)),
            "unknown" if each.shared_classes is None else str(len(each.shared_classes)),
            ", ".join(each.methods),
        )
        for each in adaptations
    ]
    show(("id", "name", "status", "classes", "of the target", "methods"), rows, as_json=as_json)


@adaptation_cli.command("show")
def adaptation_show(
    adaptation_id: AdaptationArgument,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the methods of an adaptation side by side, and why one is called worse than not adapting."""
    with client_of(url, api_key) as client:
        _print(client.adaptations.get(adaptation_id), as_json=as_json)


@adaptation_cli.command("predict")
def adaptation_predict(
    adaptation_id: AdaptationArgument,
    images: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="JPEG or PNG files.")
    ],
    model: ModelOption = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a model takes some pictures for."""
    with client_of(url, api_key) as client:
        found = client.adaptations.predict(adaptation_id, images, model=model)
    err.print(f"model {found.model_id}: {found.method}, seed {found.seed}")
    rows = [
        (str(image), said.class_, f"{said.probabilities[said.class_]:.1%}")
        for image, said in zip(images, found.predictions, strict=True)
    ]
    show(("image", "class", "probability"), rows, as_json=as_json)


@adaptation_cli.command("export")
def adaptation_export(
    adaptation_id: AdaptationArgument,
    out_file: Annotated[Path, typer.Option("--out", help="File to write.")],
    model: ModelOption = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Write a model to one safetensors file, for use without this service."""
    with client_of(url, api_key) as client:
        chosen = model or client.adaptations.get(adaptation_id).preferred_model
        if chosen is None:
            raise typer.BadParameter(f"adaptation {adaptation_id} has no model yet")
        size = client.adaptations.download_model(adaptation_id, chosen, out_file)
    out.print(f"wrote {out_file}, {size / 2**20:.1f} MiB", soft_wrap=True, markup=False)


@adaptation_cli.command("delete")
def adaptation_delete(
    adaptation_id: AdaptationArgument, url: UrlOption = None, api_key: KeyOption = None
) -> None:
    """Delete an adaptation with its models; a training that runs is cancelled."""
    with client_of(url, api_key) as client:
        client.adaptations.delete(adaptation_id)
    out.print(f"adaptation {adaptation_id} is deleted")


def _print(adaptation: Adaptation, *, as_json: bool) -> None:
    shared = adaptation.shared_classes
    known = "an unknown number" if shared is None else str(len(shared))
    err.print(
        f"{adaptation.name} ({adaptation.id}): {adaptation.status}, {len(adaptation.classes)} classes, "
        f"{known} in the target",
        markup=False,
    )
    show(_HEADER, [_row(summary) for summary in adaptation.summary], as_json=as_json)
    for summary in adaptation.summary:
        if summary.verdict is not None and summary.verdict.verdict == "worse":
            for reason in summary.verdict.reasons:
                err.print(f"{summary.method}: {reason.text}", markup=False)
    preferred = next(
        (run for run in adaptation.results or () if run.model_id == adaptation.preferred_model), None
    )
    if preferred is not None:
        err.print(
            f"predictions come from {preferred.method}, seed {preferred.seed} ({preferred.model_id}): "
            f"the best of all runs by the label-free score `{preferred.selector}`"
        )


def _row(summary: MethodSummary) -> tuple[str, ...]:
    counted = str(summary.n) if not summary.diverged else f"{summary.n}, {summary.diverged} diverged"
    verdict = "" if summary.verdict is None else summary.verdict.verdict
    return (
        summary.method,
        _percent(summary.mean, summary.std),
        _spread(summary.last),
        _spread(summary.oracle),
        _spread(summary.source),
        counted,
        verdict,
    )


def _spread(spread: Spread) -> str:
    return _percent(spread.mean, spread.std)


def _percent(mean: float | None, std: float | None) -> str:
    return "" if mean is None else f"{100 * mean:.1f} ± {100 * (std or 0.0):.1f}"
