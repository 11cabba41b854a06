"""Commands of multi-task training, which a running server carries out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.datasets import dataset_id
from app.cli.multitask_tables import MOST_COLUMNS, answer, front_table, label, methods_table, tasks_table
from app.cli.terminal import JsonOption, KeyOption, UrlOption, client_of, err, follow, out, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskatlas_client import Multitask

multitask_cli = typer.Typer(
    no_args_is_help=True,
    help="Train one network for several tasks, compare ways to do it, and use the models. `methods` lists the ways.",
)

MultitaskArgument = Annotated[str, typer.Argument(help="Id of the training.")]
PreferenceOption = Annotated[
    str | None,
    typer.Option(
        help="Weights of the tasks in their order, such as 0.7,0.3: the shared network that fits them best answers."
    ),
]
_DEFAULT_METHODS = ("single", "uniform", "mgda-ub")
_READS = {"losses": "one backward pass", "representation": "one backward pass", "gradients": "one per task"}


@multitask_cli.command("methods")
def multitask_methods(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """List the ways to train: the service's own, then those of the library torchjd."""
    with client_of(url, api_key) as client:
        methods = client.multitask.methods()
    rows = [
        (
            method.name,
            method.library or "",
            _READS[method.reads],
            "yes" if method.by_preference else "",
            method.summary if method.available else f"not available: {method.detail}",
        )
        for method in methods
    ]
    header = ("method", "library", "cost of a step", "by preference", "summary")
    show(header, rows, as_json=as_json)


@multitask_cli.command("train")
def multitask_train(
    dataset: Annotated[str, typer.Argument(help="Id or name of a data set with labels of all the tasks.")],
    task: Annotated[
        list[str],
        typer.Option(help="A task that shares the network; repeat for each, two at least."),
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="A way to train, as `methods` lists them; repeat for more. "
            f"Default: {', '.join(_DEFAULT_METHODS)}. `single` is what delta-m is measured against."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the training. Default: from data set and tasks.")
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="A seed; repeat for more. Default: 0.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images. Default: 10.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step. Default: 256.")] = None,
    preference: Annotated[
        list[str] | None,
        typer.Option(
            help="Weights of the tasks in their order, such as 0.25,0.75; repeat for more. Each is a run of every "
            "method that preferences steer. Default: grid has some of its own, the others one run."
        ),
    ] = None,
    normalization: Annotated[
        str | None,
        typer.Option(help="What MGDA divides gradients by: none, l2, loss or loss+. Default: none."),
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of the first step. Default: 0.003.")] = None,
    optimiser: Annotated[str | None, typer.Option(help="adam or sgd. Default: adam.")] = None,
    architecture: Annotated[
        str | None,
        typer.Option(help="lenet, encoder, resnet18 or pspnet. Default: what fits images and tasks."),
    ] = None,
    heads: Annotated[
        str | None,
        typer.Option(
            help="Whether MGDA's task heads follow their own gradients: own or scaled. Default: own."
        ),
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Pixels, of rooms. Default: the data set's.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another setting, such as evaluations=40 or dropout=0; repeat for more."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Follow the job to its end.")] = True,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train one network for several tasks by every method with every seed, and compare the methods."""
    preferences = [_weights(each) for each in preference or ()]
    overrides = dict(_setting(each) for each in setting or ())
    with client_of(url, api_key) as client:
        job = client.multitask.train(
            name or f"{dataset}: {', '.join(task[:MOST_COLUMNS])}{' …' if len(task) > MOST_COLUMNS else ''}",
            dataset=dataset_id(client, dataset),
            tasks=task,
            methods=method or _DEFAULT_METHODS,
            seeds=seed,
            epochs=epochs,
            batch_size=batch_size,
            preferences=preferences or None,
            normalization=normalization,
            learning_rate=learning_rate,
            optimiser=optimiser,
            architecture=architecture,
            heads=heads,
            image_size=image_size,
            overrides=overrides or None,
        )
        if not wait or job.resource is None:
            made = "" if job.resource is None else f"training {job.resource.id}: "
            out.print(f"{made}job {job.id} is {job.state}", soft_wrap=True)
            return
        err.print(f"training {job.resource.id}")
        follow(client, job)
        _print(client.multitask.get(job.resource.id), as_json=as_json)


@multitask_cli.command("list")
def multitask_list(url: UrlOption = None, api_key: KeyOption = None, as_json: JsonOption = False) -> None:
    """List trainings, newest first."""
    with client_of(url, api_key) as client:
        trainings = client.multitask.list(limit=200).items
    rows = [
        (
            each.id,
            each.name,
            each.status,
            str(len(each.tasks)),
            str(len(each.seeds)),
            ", ".join(each.methods),
        )
        for each in trainings
    ]
    show(("id", "name", "status", "tasks", "seeds", "methods"), rows, as_json=as_json)


@multitask_cli.command("show")
def multitask_show(
    multitask_id: MultitaskArgument,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the methods of a training side by side: metrics, delta-m, mean rank, distance from Pareto stationarity."""
    with client_of(url, api_key) as client:
        _print(client.multitask.get(multitask_id), as_json=as_json)


@multitask_cli.command("front")
def multitask_front(
    multitask_id: MultitaskArgument,
    task: Annotated[
        list[str] | None, typer.Option(help="An axis; repeat for more. Default: all tasks.")
    ] = None,
    split: Annotated[
        Literal["test", "validation"] | None,
        typer.Option(help="Images that the values are of; choose models on validation. Default: test."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Write a picture of two to six tasks here, a panel for each pair.")
    ] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which models no other beats in every task, and how much of the space between the tasks they cover."""
    with client_of(url, api_key) as client:
        training = client.multitask.get(multitask_id)
        front = client.multitask.front(multitask_id, tasks=task, split=split)
        if svg is not None:
            svg.write_bytes(client.multitask.front_picture(multitask_id, tasks=task, split=split))
            err.print(f"wrote {svg}", soft_wrap=True, markup=False)
    show(*front_table(front, [each.task for each in training.tasks]), as_json=as_json)
    if front.hypervolume is not None and front.hypervolume_share is not None:
        error = "" if front.exact else f" ± {front.standard_error:.2g}"
        err.print(
            f"hypervolume {front.hypervolume:.4g}: {front.hypervolume_share:.1%}{error} of the box between the "
            f"reference point and the best values, on {front.split} images",
            soft_wrap=True,
        )


@multitask_cli.command("predict")
def multitask_predict(
    multitask_id: MultitaskArgument,
    images: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="JPEG or PNG files.")
    ],
    preference: PreferenceOption = None,
    model: Annotated[
        str | None,
        typer.Option(help="Id of a model. Default: the shared network that fits equal weights best."),
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Ask this task only; repeat for more. Default: all.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder to write what is pictures to, as PNG.")
    ] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a network for all its tasks at once."""
    with client_of(url, api_key) as client:
        found = client.multitask.predict(
            multitask_id,
            images,
            model=model,
            preference=None if preference is None else _weights(preference),
            tasks=task,
        )
        names = [each.task for each in client.multitask.get(multitask_id).tasks]
    said = label(found.method, found.preference, names)
    err.print(f"model {found.model_id}: {said}, seed {found.seed}", soft_wrap=True, markup=False)
    rows: list[tuple[str, ...]] = []
    for image, predictions in zip(images, found.predictions, strict=True):
        for name, prediction in predictions.tasks.items():
            picture = prediction.png_bytes()
            words = answer(prediction)
            if picture is not None and folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                file = folder / f"{image.stem}-{name}.png"
                file.write_bytes(picture)
                words = str(file)
            rows.append((str(image), name, words or "a picture: name a folder with --out"))
    show(("image", "task", "answer"), rows, as_json=as_json)


@multitask_cli.command("export")
def multitask_export(
    multitask_id: MultitaskArgument,
    out_file: Annotated[Path, typer.Option("--out", help="File to write.")],
    model: Annotated[
        str | None,
        typer.Option(help="Id of a model. Default: the shared network that fits equal weights best."),
    ] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Write a model to one safetensors file, for use without this service."""
    with client_of(url, api_key) as client:
        chosen = model or client.multitask.get(multitask_id).preferred_model
        if chosen is None:
            raise typer.BadParameter(f"training {multitask_id} has no model yet")
        size = client.multitask.download_model(multitask_id, chosen, out_file)
    out.print(f"wrote {out_file}, {size / 2**20:.1f} MiB", soft_wrap=True, markup=False)


@multitask_cli.command("delete")
def multitask_delete(
    multitask_id: MultitaskArgument, url: UrlOption = None, api_key: KeyOption = None
) -> None:
    """Delete a training with its models; one that runs is cancelled."""
    with client_of(url, api_key) as client:
        client.multitask.delete(multitask_id)
    out.print(f"training {multitask_id} is deleted")


def _print(training: Multitask, *, as_json: bool) -> None:
    err.print(
        f"{training.name} ({training.id}): {training.status}, {len(training.tasks)} tasks",
        soft_wrap=True,
        markup=False,
    )
    show(*methods_table(training), as_json=as_json)
    if len(training.tasks) > MOST_COLUMNS and not as_json:
        out.print()
        show(*tasks_table(training), as_json=False)
    baseline = "single" in training.methods
    err.print(
        "↑ higher is better, ↓ lower is better; figures are of test images. delta-m is the mean change against "
        + (
            "single-task networks: negative is better"
            if baseline
            else "single-task networks: train `single` too"
        ),
        soft_wrap=True,
    )
    for run in training.results or ():
        if run.error is not None:
            err.print(f"{run.title} diverged at step {run.error.step}: {run.error.detail}", markup=False)
    preferred = next(
        (run for run in training.results or () if run.model_id == training.preferred_model), None
    )
    if preferred is not None and preferred.model_id is not None:
        names = [task.task for task in training.tasks]
        said = label(preferred.method, preferred.preference, names)
        err.print(
            f"predictions come from {said}, seed {preferred.seed} ({preferred.model_id}), which fits equal weights "
            "best on validation images",
            soft_wrap=True,
            markup=False,
        )


def _weights(text: str) -> Sequence[float]:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of weights such as 0.25,0.75") from None


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is no setting such as evaluations=40")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
