"""Use cases of novel targets: train for one, look it up, delete it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.atlases.records import Atlas
from app.atlases.releasing import release
from app.atlases.service import CODE_VERSION, AtlasesService
from app.core.database import Session
from app.core.errors import Conflict, FieldError, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.platform import Platform
from app.datasets.kinds.registry import KINDS
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from app.jobs.service import JobsService, Resource
from app.jobs.states import FINAL
from app.jobs.tables import Job
from app.targets.plan import target_plan
from app.targets.records import NewTarget, StoredModel, Target
from app.targets.repository import TargetsRepository
from models.data.splits import SPLITS, SplitError, SplitSizes
from models.taxonomy.dictionary import TASKS
from models.transfer.config import AtlasConfig, ConfigError
from models.transfer.novel.config import NovelConfig, novel_config

TRAIN = "target.train"
PROPORTIONS = SplitSizes(train=4, transfer=4, validation=3, test=5)
"""How images are dealt where the data set leaves that open: choosing needs more of few images than of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequest:
    """A novel target, as a user asks for it.

    Attributes:
        name: of the target.
        dataset_id: the small labelled set.
        task: of the data set; None = the only one that is not of the dictionary.
        orders: of transfers.
        per_target: source sets in each order above 1.
        seed: of everything random.
        overrides: single settings, by name.
    """

    name: str
    dataset_id: str
    task: str | None
    orders: Sequence[int]
    per_target: int
    seed: int
    overrides: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was trained for a target so far.

    Attributes:
        transfers: the best on the validation images first.
        scratch: the network from scratch on the same labels.
        constant: the best constant guess.
    """

    transfers: tuple[StoredModel, ...]
    scratch: StoredModel | None
    constant: StoredModel | None

    @property
    def best(self) -> StoredModel | None:
        """What answers best on the validation images: a transfer or the network from scratch; the fewer sources the
        better where they tie.
        """
        trained = [*self.transfers[:1], *([] if self.scratch is None else [self.scratch])]
        return min(trained, key=lambda model: (model.validation_loss, model.order), default=None)

    def servable(self, model_id: str) -> StoredModel | None:
        """The transfer or network of that id."""
        trained = (*self.transfers, self.scratch)
        return next((model for model in trained if model is not None and model.id == model_id), None)


class TargetsService:
    """Novel targets as users know them.

    Args:
        session: of the running transaction.
        platform: database, artefacts and the doorbell.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = TargetsRepository(session)
        self._atlases = AtlasesService(session, platform)
        self._jobs = JobsService(session, platform)

    def train(self, atlas_id: str, request: TargetRequest) -> Job:
        """Store a novel target and the jobs that train for it.

        Returns:
            The group of jobs; its resource is the atlas, its result names the target.

        Raises:
            NotFound: there is no such atlas.
            Conflict: the atlas is not ready, or has no networks.
            InvalidInput: naming each field at fault.
        """
        atlas = self._atlases.ready(atlas_id)
        sources = [network.task for network in self._atlases.networks(atlas_id)]
        if not sources:
            raise Conflict(
                f"atlas {atlas_id} holds measured affinities and no networks to transfer from; "
                "a novel target needs an atlas that was built"
            )
        dataset = DatasetsService(self._session, self._platform).named(request.dataset_id, "/dataset")
        config = _configured(atlas, sources, dataset, request)
        target = NewTarget(
            id=new_id("tgt"),
            atlas_id=atlas.id,
            dataset_id=dataset.id,
            name=request.name,
            task=config.target,
            config=config.to_json(),
            facts=None,
            job_id=None,
            code_version=CODE_VERSION,
            created_at=self._platform.database.now(self._session),
            finished_at=None,
        )
        self._repository.add(target)
        named = {"atlas_id": atlas.id, "target_id": target.id}
        job = self._jobs.submit_group(
            TRAIN,
            f"Novel target {request.name}",
            Resource("atlas", atlas.id),
            [planned.spec(named) for planned in target_plan(config, request.name)],
            result=named,
        )
        self._repository.set_job(target.id, job.id)
        return job

    def get(self, atlas_id: str, target_id: str) -> Target:
        """One target.

        Raises:
            NotFound: the atlas has none of that id.
        """
        target = self._repository.get(atlas_id, target_id)
        if target is None:
            raise NotFound(f"atlas {atlas_id!r} has no novel target {target_id!r}")
        return target

    def ranking(self, target_id: str) -> Ranking:
        """What was trained for a target so far; nothing if there is no such target."""
        models = self._repository.models(target_id)
        return Ranking(
            transfers=tuple(model for model in models if model.kind == "transfer"),
            scratch=next((model for model in models if model.kind == "scratch"), None),
            constant=next((model for model in models if model.kind == "constant"), None),
        )

    def page(self, atlas_id: str, *, limit: int, cursor: str | None) -> tuple[Sequence[Target], str | None]:
        """A page of an atlas's targets, newest first, and the cursor of the next.

        Raises:
            NotFound: there is no such atlas.
            InvalidInput: the cursor is none of this list.
        """
        self._atlases.get(atlas_id)
        rows = self._repository.page(atlas_id, after=decode_time_cursor(cursor), limit=limit + 1)
        return cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))

    def delete(self, atlas_id: str, target_id: str) -> None:
        """Delete a target with its models; a training that runs is cancelled.

        Artefacts that nothing else refers to are removed once this is committed.

        Raises:
            NotFound: the atlas has none of that id.
        """
        target = self.get(atlas_id, target_id)
        if target.job_id is not None and self._jobs.get(target.job_id).state not in FINAL:
            self._jobs.cancel(target.job_id)
        released = self._repository.artifacts(atlas_id, target_id)
        self._repository.delete(target_id)
        release(self._session, self._platform, released)


def _configured(
    atlas: Atlas, sources: Sequence[str], dataset: Dataset, request: TargetRequest
) -> NovelConfig:
    try:
        measured = AtlasConfig.from_json(atlas.config)
        return novel_config(
            measured,
            _task(dataset, request.task),
            sources=sources,
            splits=_splits(dataset, measured.image_size),
            orders=request.orders,
            per_target=request.per_target,
            seed=request.seed,
            overrides=request.overrides,
            movable=not KINDS[dataset.kind].fixed_splits,
            own=dataset.own,
        )
    except ConfigError as error:
        raise InvalidInput(str(error), errors=[FieldError(error.pointer, error.detail)]) from error


def _task(dataset: Dataset, name: str | None) -> str:
    """The task asked for, if the data set has labels for it.

    Raises:
        ConfigError: it has not, or it is not said which.
    """
    found = dataset.report["tasks"]
    if name is None:
        own = sorted(task for task in found if task not in TASKS and found[task]["available"])
        if len(own) != 1:
            has = ", ".join(own) or "none"
            raise ConfigError("/task", f"say which: the data set's tasks outside the dictionary are {has}")
        return own[0]
    if name not in found:
        raise ConfigError("/task", f"the data set has no task {name!r}")
    if name in TASKS and TASKS[name].source_only:
        raise ConfigError("/task", f"{name} is a source only: its labels come with every image")
    if not found[name]["available"]:
        raise ConfigError("/task", f"the data set has no labels for {name}: {found[name]['detail']}")
    return name


def _splits(dataset: Dataset, image_size: int) -> SplitSizes:
    """What the data set has in each part; images that belong to none by nature are dealt as a small set needs them.

    Raises:
        ConfigError: its images are of another size than the networks take, or it has too few.
    """
    size = dataset.report["image_size"]
    if size != image_size:
        has = "images of several sizes" if size is None else f"images of {size} pixels"
        raise ConfigError(
            "/dataset", f"the data set has {has}, the atlas's networks take {image_size} pixels"
        )
    has = dataset.report["splits"]
    try:
        if not KINDS[dataset.kind].fixed_splits:
            return PROPORTIONS.scaled_to(sum(has.values()))
        return SplitSizes(**{split: has.get(split, 0) for split in SPLITS})
    except SplitError as error:
        raise ConfigError("/dataset", f"too few images: {error}") from error
