"""From a user's request to what the atlas predicts and what is trained: every setting made sure of."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.groupings.records import Prediction, Setup
from models.multitask.config import (
    NOT_SHAREABLE,
    MultitaskConfig,
    MultitaskConfigError,
    Normalization,
)
from models.multitask.grouping import MAX_TASKS, Costs, GroupingError, best_groupings, sharing
from models.multitask.methods import GRID, SINGLE, UnknownMethod, method_named, unavailable
from models.taxonomy.dictionary import UnknownTask
from models.taxonomy.table import Transfer
from models.transfer.config import AtlasConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingRequest:
    """A question, as a user asks it; the fields are those of `app.groupings.schemas.GroupingIn`."""

    name: str
    tasks: Sequence[str] | None
    budget: float
    network_cost: float
    head_cost: float
    candidates: int
    method: str
    normalization: Normalization
    seed: int
    epochs: int
    batch_size: int | None
    learning_rate: float | None


def configured(
    request: GroupingRequest, atlas: AtlasConfig, table: Sequence[Transfer]
) -> tuple[Setup, Prediction]:
    """What a request asks for, and what the atlas says to it.

    Batch size, learning rate and weight decay are by default those of the atlas's own networks.

    Args:
        request: of the user.
        atlas: what the atlas was built from.
        table: its transfers.

    Raises:
        MultitaskConfigError: with a pointer to the field at fault.
    """
    tasks = _shareable(atlas) if request.tasks is None else _asked(request.tasks, atlas)
    usual = atlas.task_training
    images = atlas.splits.train + atlas.splits.transfer
    training = MultitaskConfig(
        tasks=tasks,
        network=atlas.network,
        normalization=request.normalization,
        epochs=request.epochs,
        batch_size=min(request.batch_size or usual.batch_size, images),
        learning_rate=request.learning_rate or usual.learning_rate,
        weight_decay=usual.weight_decay,
        evaluations=1,  # nothing is shown of a run in between
    )
    try:
        setup = Setup(
            training=training,
            method=_method(request.method),
            seed=request.seed,
            budget=request.budget,
            candidates=request.candidates,
            costs=Costs(request.network_cost, request.head_cost),
        )
        known = sharing(table, tasks)
        found = best_groupings(known, setup.budget, setup.candidates, setup.costs)
    except GroupingError as error:
        raise MultitaskConfigError(f"/{error.field}", error.detail) from error
    return setup, Prediction(known, tuple(each.groups for each in found))


def _shareable(atlas: AtlasConfig) -> tuple[str, ...]:
    found = tuple(name for name in atlas.targets if _problem(name, atlas) is None)
    if not 2 <= len(found) <= MAX_TASKS:
        detail = f"{len(found)} tasks of the atlas can share a network; name 2 to {MAX_TASKS} of them"
        raise MultitaskConfigError("/tasks", detail)
    return found


def _asked(tasks: Sequence[str], atlas: AtlasConfig) -> tuple[str, ...]:
    for position, name in enumerate(tasks):
        if name in tasks[:position]:
            raise MultitaskConfigError(f"/tasks/{position}", f"names {name} a second time")
        if (problem := _problem(name, atlas)) is not None:
            raise MultitaskConfigError(f"/tasks/{position}", problem)
    return tuple(tasks)


def _problem(name: str, atlas: AtlasConfig) -> str | None:
    """Why a task cannot share a network, for people."""
    if name not in atlas.tasks:
        return f"the atlas has no task {name!r}"
    try:
        entry = atlas.entry(name)
    except UnknownTask as error:
        return str(error)
    if name in NOT_SHAREABLE:
        return f"{name} cannot share a network: its own sees something else than the plain image"
    if entry.inputs != 1:
        return f"{name} cannot share a network: it takes {entry.inputs} images"
    return None


def _method(asked: str) -> str:
    try:
        name = method_named(asked).name
    except UnknownMethod as error:
        raise MultitaskConfigError("/method", str(error)) from error
    if name == SINGLE:
        raise MultitaskConfigError(
            "/method", "trains every task alone, which is what groups are held against"
        )
    if name == GRID:
        raise MultitaskConfigError(
            "/method", "needs weights for every group: take uniform, or another method"
        )
    if (reason := unavailable(name)) is not None:
        raise MultitaskConfigError("/method", f"{name} cannot be used here: {reason}")
    return name
