"""Live predictions: which networks an atlas has for what is asked, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from app.atlases.records import Atlas, Network
from app.atlases.repository import AtlasesRepository
from app.core.errors import Conflict, FieldError, InvalidInput, NotFound
from app.core.platform import Platform
from app.inference.client import ask_engine
from app.inference.images import Upload, read_image
from app.inference.protocol import DENSE_KINDS, MAX_NETWORKS, NetworkRef, PredictRequest
from app.transfers.records import StoredTransfer
from app.transfers.repository import TransfersRepository
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import SELF
from models.transfer.config import AtlasConfig

ALL = "all"
MAX_TRANSFERS = MAX_NETWORKS - len(TASKS)
"""Transfers of one question; the own network of every task of the dictionary fits beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a user wants to know of some images.

    Attributes:
        atlas_id: whose networks shall answer.
        images: 1 to 3 uploads of one scene.
        tasks: names, or `all` for every task that takes as many images; None = all, unless transfers are named.
        transfers: ids of transfers to predict through.
        png: whether to draw predictions; None = those that are images.
        array: whether to send numbers.
        single: the answer is one picture: it has room for one prediction, of a dense output.
    """

    atlas_id: str
    images: tuple[Upload, ...]
    tasks: tuple[str, ...] | None
    transfers: tuple[str, ...]
    png: bool | None
    array: bool
    single: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One network to run.

    Attributes:
        task: that it answers.
        transfer_id: of the transfer it belongs to; None of a task's own network.
        sources: of that transfer.
        network: where its weights are.
    """

    task: str
    transfer_id: str | None
    sources: tuple[str, ...]
    network: NetworkRef


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        image_size: height and width that the atlas's networks take, pixels.
        runs: networks, in the order of the question.
        left_out: with `all`, tasks that take another number of images, and that number.
    """

    image_size: int
    runs: tuple[Run, ...]
    left_out: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one network said.

    Attributes:
        run: the network.
        kind: of its output.
        value: JSON for vectors and classes, None for maps.
        png: a picture of the prediction, if wanted.
        array: the prediction as npz, if wanted.
    """

    run: Run
    kind: str
    value: Any
    png: bytes | None
    array: bytes | None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything said on a question."""

    plan: Plan
    answers: tuple[Answer, ...]


async def infer(platform: Platform, question: Question) -> Answers:
    """Answer a question.

    Raises:
        NotFound: there is no such atlas.
        Conflict: the atlas has no networks.
        InvalidInput: an unknown task or transfer, another number of images than it takes, or a bad image.
        TooLarge: an image with too many pixels.
        UnsupportedMedia: a file that is neither JPEG nor PNG.
        Busy: the inference process is not there or has too much to do.
    """
    if len(question.transfers) > MAX_TRANSFERS:
        detail = f"at most {MAX_TRANSFERS} transfers at once, {len(question.transfers)} given"
        raise InvalidInput(detail, errors=[FieldError("/transfers", detail)])
    plan = await run_in_threadpool(_plan, platform, question)
    return await answer(platform, plan, question.images, png=question.png, array=question.array)


async def answer(
    platform: Platform, plan: Plan, uploads: Sequence[Upload], *, png: bool | None, array: bool
) -> Answers:
    """Let the networks of a plan answer.

    Args:
        platform: its settings say where the inference process is.
        plan: what to run.
        uploads: as many as every network of the plan takes.
        png: whether to draw predictions; None = those that are images.
        array: whether to send numbers.

    Raises:
        InvalidInput: a bad image.
        TooLarge: an image with too many pixels.
        UnsupportedMedia: a file that is neither JPEG nor PNG.
        Busy: the inference process is not there or has too much to do.
    """
    images = await run_in_threadpool(_read, uploads, plan.image_size)
    reply = await ask_engine(
        platform.settings.inference,
        PredictRequest(
            networks=[run.network for run in plan.runs],
            shape=(len(images), plan.image_size, plan.image_size),
            images=images.tobytes(),
            png=png,
            array=array,
        ),
    )
    answers = tuple(
        Answer(run, said.kind, said.value, said.png, said.array)
        for run, said in zip(plan.runs, reply.predictions, strict=True)
    )
    return Answers(plan, answers)


def _read(uploads: Sequence[Upload], size: int) -> NDArray[np.uint8]:
    return np.stack([read_image(upload, size=size) for upload in uploads])


def _plan(platform: Platform, question: Question) -> Plan:
    # A short transaction of its own: the networks run for longer than a database should be held.
    with platform.database.session(read_only=True) as session:
        atlases = AtlasesRepository(session)
        atlas = atlases.get(question.atlas_id)
        if atlas is None:
            raise NotFound(f"there is no atlas {question.atlas_id}")
        networks = {network.task: network for network in atlases.networks(atlas.id, "task")}
        if not networks:
            raise Conflict(_why_no_networks(atlas))
        found = {each: TransfersRepository(session).get(atlas.id, each) for each in question.transfers}
    return _choose(question, atlas, networks, found)


def _choose(
    question: Question,
    atlas: Atlas,
    networks: Mapping[str, Network],
    found: Mapping[str, StoredTransfer | None],
) -> Plan:
    count, config = len(question.images), AtlasConfig.from_json(atlas.config)
    asked = question.tasks if question.tasks is not None else (() if found else (ALL,))
    served = [name for name in atlas.tasks if name in networks]
    every = served if ALL in asked else []
    named = [name for name in asked if name != ALL]
    errors = [error for name in named if (error := _task_error(config, name, served, count))]
    errors += [
        error
        for key, transfer in found.items()
        if (error := _transfer_error(config, key, transfer, networks, count))
    ]
    if errors:
        raise InvalidInput("; ".join(error.detail for error in errors), errors=errors)
    inputs = {name: config.entry(name).inputs for name in every}
    left_out = tuple((name, needed) for name, needed in inputs.items() if needed != count)
    names = dict.fromkeys([*(name for name in every if inputs[name] == count), *named])
    runs = [Run(name, None, (), NetworkRef(weights=networks[name].weights)) for name in names]
    runs += [_transfer_run(transfer, networks) for transfer in found.values() if transfer is not None]
    if not runs:
        raise _bad_tasks(
            f"no task of this atlas takes {count} images" if every else "name a task or a transfer"
        )
    if len(runs) > MAX_NETWORKS:
        raise _bad_tasks(f"at most {MAX_NETWORKS} networks at once, {len(runs)} asked for")
    if question.single:
        _require_one_picture(config, runs)
    return Plan(config.image_size, tuple(runs), left_out)


def _require_one_picture(config: AtlasConfig, runs: Sequence[Run]) -> None:
    if len(runs) > 1:
        raise _bad_tasks(f"image/png has room for one prediction, {len(runs)} asked for: name one task")
    name = runs[0].task
    kind = config.entry(name).output.kind
    if kind not in DENSE_KINDS:
        raise _bad_tasks(f"{name} predicts a {kind}, which is no picture: ask for application/json")


def _bad_tasks(detail: str) -> InvalidInput:
    return InvalidInput(detail, errors=[FieldError("/tasks", detail)])


def _why_no_networks(atlas: Atlas) -> str:
    if atlas.origin != "built":
        return f"atlas {atlas.id} holds measured affinities and no networks; predictions need an atlas built here"
    if atlas.status == "building":
        return f"atlas {atlas.id} has no network yet; it is still being built"
    return f"atlas {atlas.id} has no networks: its build {atlas.status}"


def _task_error(config: AtlasConfig, name: str, served: Sequence[str], count: int) -> FieldError | None:
    if name not in served:
        return FieldError(
            "/tasks", f"this atlas has no network for the task {name!r}; it has {', '.join(served)}"
        )
    return _count_error(config, "/tasks", name, count)


def _transfer_error(
    config: AtlasConfig,
    transfer_id: str,
    transfer: StoredTransfer | None,
    networks: Mapping[str, Network],
    count: int,
) -> FieldError | None:
    if transfer is None:
        return FieldError("/transfers", f"this atlas has no transfer {transfer_id!r}")
    if transfer.lost_its_network:
        return FieldError(
            "/transfers",
            f"the weights of transfer {transfer_id!r} were left out of the compact archive that this atlas came in; "
            "transfers with `has_network` can predict",
        )
    if not networks.keys() >= _needed(transfer) or (transfer.weights is None and transfer.sources != (SELF,)):
        return FieldError("/transfers", f"transfer {transfer_id!r} has no network of its own")
    return _count_error(config, "/transfers", transfer.target, count)


def _count_error(config: AtlasConfig, pointer: str, name: str, count: int) -> FieldError | None:
    needed = config.entry(name).inputs
    if needed == count:
        return None
    plural = "image" if needed == 1 else "images"
    return FieldError(pointer, f"{name} takes {needed} {plural}, {count} given")


def _needed(transfer: StoredTransfer) -> set[str]:
    """The tasks whose own networks a transfer runs: `self` is the target's, fully supervised."""
    return {transfer.target if source == SELF else source for source in transfer.sources}


def _transfer_run(transfer: StoredTransfer, networks: Mapping[str, Network]) -> Run:
    if transfer.weights is None:
        network = NetworkRef(weights=networks[transfer.target].weights)
    else:
        network = NetworkRef(
            weights=transfer.weights, sources=tuple(networks[source].weights for source in transfer.sources)
        )
    return Run(transfer.target, transfer.id, transfer.sources, network)
