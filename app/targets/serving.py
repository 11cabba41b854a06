"""Live predictions of a novel target: the best of what was trained for it, or any other by its id."""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from app.atlases.repository import AtlasesRepository
from app.core.errors import Conflict, FieldError, InvalidInput
from app.core.platform import Platform
from app.inference.images import Upload
from app.inference.protocol import DENSE_KINDS, NetworkRef
from app.inference.service import Answers, Plan, Run, answer
from app.targets.records import StoredModel, Target
from app.targets.service import TargetsService
from models.transfer.novel.config import NovelConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetQuestion:
    """What a user wants to know of some images.

    Attributes:
        atlas_id: whose networks the sources are.
        target_id: which novel target.
        model_id: a transfer or network of its ranking; None = the best.
        images: as many as the task takes.
        png: whether to draw the prediction; None = if it is an image.
        array: whether to send numbers.
        single: the answer is one picture: the output must be dense.
    """

    atlas_id: str
    target_id: str
    model_id: str | None
    images: tuple[Upload, ...]
    png: bool | None
    array: bool
    single: bool


async def infer_target(platform: Platform, question: TargetQuestion) -> Answers:
    """Answer a question.

    Raises:
        NotFound: there is no such target.
        Conflict: it is not trained yet.
        InvalidInput: an unknown model, another number of images than the task takes, or a bad image.
        TooLarge: an image with too many pixels.
        UnsupportedMedia: a file that is neither JPEG nor PNG.
        Busy: the inference process is not there or has too much to do.
    """
    plan = await run_in_threadpool(_plan, platform, question)
    return await answer(platform, plan, question.images, png=question.png, array=question.array)


def _plan(platform: Platform, question: TargetQuestion) -> Plan:
    # A short transaction of its own: the networks run for longer than a database should be held.
    with platform.database.session(read_only=True) as session:
        targets = TargetsService(session, platform)
        target = targets.get(question.atlas_id, question.target_id)
        ranking = targets.ranking(target.id)
        networks = {
            network.task: network.weights
            for network in AtlasesRepository(session).networks(target.atlas_id, "task")
        }
    if target.status != "ready" or target.facts is None or ranking.best is None:
        raise Conflict(f"novel target {target.id} is {target.status}: it has no model to serve yet")
    model = ranking.best if question.model_id is None else ranking.servable(question.model_id)
    if model is None or model.weights is None:
        detail = f"this target has no model {question.model_id!r}"
        raise InvalidInput(detail, errors=[FieldError("/model", detail)])
    _check(target, question)
    run = Run(
        target.task,
        model.id if model.sources else None,
        model.sources,
        NetworkRef(weights=model.weights, sources=_weights(model, networks)),
    )
    return Plan(NovelConfig.from_json(target.config).network.image_size, (run,), ())


def _weights(model: StoredModel, networks: dict[str, str]) -> tuple[str, ...]:
    return tuple(networks[source] for source in model.sources)


def _check(target: Target, question: TargetQuestion) -> None:
    facts = target.facts or {}
    needed, given = facts["inputs"], len(question.images)
    if needed != given:
        detail = f"{target.task} takes {needed} image{'s' if needed > 1 else ''}, {given} given"
        raise InvalidInput(detail, errors=[FieldError("/image", detail)])
    if question.single and facts["kind"] not in DENSE_KINDS:
        detail = f"{target.task} predicts a {facts['kind']}, which is no picture: ask for application/json"
        raise InvalidInput(detail, errors=[FieldError("Accept", detail)])
