"""Use cases of atlases: build, import, look up, delete."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from app.atlases.affinity import (
    AffinityMatrix,
    Format,
    affinity_matrix,
    encode_csv,
    encode_json,
    encode_npy,
    in_dictionary_order,
)
from app.atlases.bases import Base, no_base, usable_base
from app.atlases.importing import ImportedFile
from app.atlases.plan import build_plan, expected_transfers
from app.atlases.records import Atlas, Network, NewAtlas
from app.atlases.releasing import release
from app.atlases.repository import AtlasesRepository
from app.core.database import Session
from app.core.errors import Conflict, FieldError, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.platform import Platform
from app.datasets.kinds.registry import KINDS
from app.datasets.kinds.rooms import Rooms
from app.datasets.records import Dataset
from app.datasets.service import DatasetsService
from app.groupings.repository import GroupingsRepository
from app.jobs.service import JobsService, Resource
from app.jobs.tables import Job
from app.targets.repository import TargetsRepository
from app.transfers.service import TransfersService
from models.data.splits import SPLITS, Split, SplitError, SplitSizes
from models.taxonomy.table import RANDOM, SELF
from models.transfer.config import AtlasConfig, ConfigError
from models.transfer.derived import derived_config
from models.transfer.presets import PRESETS, atlas_config

CODE_VERSION = version("task-atlas")
BUILD = "atlas.build"
DEFAULT_PRESET = "quick"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasRequest:
    """What to build, as a user asks for it.

    Attributes:
        name: of the atlas.
        base_id: an atlas to take data set, tasks, seed and task-specific networks from; what else is given of these
            must agree.
        preset: a name of `models.transfer.presets.PRESETS`; None = `DEFAULT_PRESET`.
        dataset_id: a registered data set; None = rooms of the preset's size.
        tasks: names of the dictionary or of the data set's own tasks; None = the preset's, and of a data set with own
            tasks those of the preset that it has labels for, with its own.
        orders: of transfers; None = the preset's.
        per_target: source sets per target in each order above 1; None = the preset's.
        seed: of everything random; None = 0.
        overrides: single settings of the preset, by name.
    """

    name: str
    base_id: str | None = None
    preset: str | None = None
    dataset_id: str | None = None
    tasks: Sequence[str] | None = None
    orders: Sequence[int] | None = None
    per_target: int | None = None
    seed: int | None = None
    overrides: dict[str, Any]


class AtlasesService:
    """Atlases as users know them.

    Args:
        session: of the running transaction.
        platform: database, artefacts and the doorbell.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = AtlasesRepository(session)
        self._transfers = TransfersService(session, platform)

    def build(self, request: AtlasRequest) -> Job:
        """Store an atlas and the jobs that build it.

        Returns:
            The group of jobs; its resource is the atlas.

        Raises:
            InvalidInput: naming each field at fault.
            Conflict: the base is being built, or its build did not succeed.
        """
        base = None if request.base_id is None else self._base(request.base_id)
        if base is None:
            config, dataset = self._configured(request)
        else:
            config, dataset = self._on_base(base, request)
        atlas = NewAtlas(
            id=new_id("atl"),
            name=request.name,
            origin="built",
            config=config.to_json(),
            tasks=config.tasks,
            sources=config.sources,
            targets=config.targets,
            orders=config.orders,
            transfer_count=expected_transfers(config),
            dataset_id=dataset.id,
            base_id=request.base_id,
            job_id=None,
            code_version=CODE_VERSION,
            created_at=self._platform.database.now(self._session),
            finished_at=None,
        )
        self._repository.add(atlas)
        for network in () if base is None else base.networks:
            self._repository.add_network(replace(network, atlas_id=atlas.id))
        job = JobsService(self._session, self._platform).submit_group(
            BUILD,
            f"Build atlas {request.name}",
            Resource("atlas", atlas.id),
            [
                planned.spec({"atlas_id": atlas.id})
                for planned in build_plan(config, with_networks=base is None)
            ],
            result={"atlas_id": atlas.id},
        )
        self._repository.set_job(atlas.id, job.id)
        return job

    def import_file(self, name: str, file: ImportedFile) -> Atlas:
        """Store an atlas of measured affinities."""
        now = self._platform.database.now(self._session)
        names = in_dictionary_order(source for transfer in file.transfers for source in transfer.sources)
        targets = in_dictionary_order(transfer.target for transfer in file.transfers)
        tasks = in_dictionary_order({*names, *targets} - {RANDOM, SELF})
        atlas = NewAtlas(
            id=new_id("atl"),
            name=name,
            origin="imported",
            config={"file": file.filename, "sha256": file.sha256, "format": file.format},
            tasks=tuple(tasks),
            sources=tuple(source for source in names if source != SELF),
            targets=tuple(targets),
            orders=tuple(sorted({transfer.order for transfer in file.transfers})),
            transfer_count=len(file.transfers),
            dataset_id=None,
            job_id=None,
            code_version=CODE_VERSION,
            created_at=now,
            finished_at=now,
        )
        self._repository.add(atlas)
        self._transfers.add(atlas.id, file.transfers)
        return self.get(atlas.id)

    def get(self, atlas_id: str) -> Atlas:
        """One atlas.

        Raises:
            NotFound: there is none of that id.
        """
        atlas = self._repository.get(atlas_id)
        if atlas is None:
            raise NotFound(f"there is no atlas {atlas_id!r}")
        return atlas

    def ready(self, atlas_id: str) -> Atlas:
        """One atlas whose numbers are complete.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is being built, or its build did not succeed.
        """
        atlas = self.get(atlas_id)
        if atlas.status != "ready":
            raise Conflict(f"atlas {atlas_id} is {atlas.status}: it has no affinities yet")
        return atlas

    def edition(self, atlas_id: str) -> str:
        """Names the numbers of a ready atlas: what is derived from one edition never changes.

        Raises:
            NotFound: there is none of that id.
            Conflict: it is being built, or its build did not succeed.
        """
        finished_at = self._repository.finished_at(atlas_id) or self.ready(atlas_id).finished_at
        return f"{atlas_id} {finished_at} {CODE_VERSION}"

    def page(self, *, limit: int, cursor: str | None) -> tuple[Sequence[Atlas], str | None]:
        """A page of atlases, newest first, and the cursor of the next.

        Raises:
            InvalidInput: the cursor is none of this list.
        """
        rows = self._repository.page(after=decode_time_cursor(cursor), limit=limit + 1)
        return cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))

    def networks(self, atlas_id: str) -> list[Network]:
        """The task-specific networks of an atlas that are trained already, in its order of tasks.

        The untrained network of the source `random` is among them, last.

        Raises:
            NotFound: there is no such atlas.
        """
        atlas = self.get(atlas_id)
        by_task = {network.task: network for network in self._repository.networks(atlas_id, "task")}
        return [by_task[task] for task in (*atlas.tasks, RANDOM) if task in by_task]

    def affinity(self, atlas: Atlas, *, order: int, normalized: bool, encoding: Format) -> bytes:
        """The affinities of one order, encoded.

        Args:
            atlas: a ready one.
            order: one of those measured.
            normalized: affinities, or else the mean win rates that they were made from.
            encoding: json, csv or npy.

        Raises:
            InvalidInput: the order was not measured, or only affinities were imported.
        """
        if order not in atlas.orders:
            detail = f"order {order} was not measured; the atlas has {', '.join(map(str, atlas.orders))}"
            raise InvalidInput(detail, errors=[FieldError("order", detail)])
        transfers = self._transfers.all(atlas.id)
        if not normalized and all(transfer.win_rate is None for transfer in transfers):
            detail = "only normalised affinities are known of this atlas: it was imported"
            raise InvalidInput(detail, errors=[FieldError("normalized", detail)])
        if encoding == "csv":
            return encode_csv(transfers, order=order, normalized=normalized)
        matrix: AffinityMatrix = affinity_matrix(transfers, atlas.targets, order=order, normalized=normalized)
        return encode_json(matrix) if encoding == "json" else encode_npy(matrix)

    def delete(self, atlas_id: str) -> None:
        """Delete an atlas with its networks, transfers, novel targets and groupings; what still works on it is
        cancelled.

        Artefacts that nothing else refers to are removed once this is committed.

        Raises:
            NotFound: there is none of that id.
        """
        atlas = self.get(atlas_id)
        JobsService(self._session, self._platform).cancel_all_of(atlas.id)
        released = self._repository.artifacts(atlas_id) | self._transfers.artifacts(atlas_id)
        released |= TargetsRepository(self._session).artifacts(atlas_id)
        released |= GroupingsRepository(self._session).artifacts(atlas_id)
        self._repository.delete(atlas_id)
        release(self._session, self._platform, released)

    def _base(self, atlas_id: str) -> Base:
        self._repository.hold(atlas_id)
        try:
            atlas = self.ready(atlas_id)
        except NotFound as error:
            raise no_base(error.detail) from error
        return usable_base(atlas, self._repository.networks(atlas_id, "task"))

    def _on_base(self, base: Base, request: AtlasRequest) -> tuple[AtlasConfig, Dataset]:
        if request.dataset_id not in {None, base.dataset_id}:
            detail = f"must be the base's, {base.dataset_id}: its networks are used as they are"
            raise InvalidInput(f"/dataset: {detail}", errors=[FieldError("/dataset", detail)])
        try:
            config = derived_config(
                base.config,
                preset=request.preset,
                tasks=request.tasks,
                orders=request.orders,
                per_target=request.per_target,
                seed=request.seed,
                overrides=request.overrides,
            )
        except ConfigError as error:
            raise InvalidInput(str(error), errors=[FieldError(error.pointer, error.detail)]) from error
        return config, DatasetsService(self._session, self._platform).get(base.dataset_id)

    def _configured(self, request: AtlasRequest) -> tuple[AtlasConfig, Dataset]:
        datasets = DatasetsService(self._session, self._platform)
        dataset = None if request.dataset_id is None else datasets.named(request.dataset_id, "/dataset")
        if dataset is not None and not any(task["available"] for task in dataset.report["tasks"].values()):
            detail = f"the data set has no labels for any task: {dataset.kind} holds one class per example"
            raise InvalidInput(detail, errors=[FieldError("/dataset", detail)])
        overrides = dict(request.overrides)
        preset = DEFAULT_PRESET if request.preset is None else request.preset
        tasks = request.tasks
        if dataset is not None:
            overrides.setdefault("image_size", dataset.report["image_size"])
            # rooms have labels for every preset's tasks: their own ones are for other trainings, or named
            if tasks is None and dataset.own and dataset.kind != Rooms.name:
                tasks = _labelled_tasks(preset, dataset)
        try:
            config = atlas_config(
                preset,
                tasks=tasks,
                orders=request.orders,
                per_target=request.per_target,
                seed=request.seed or 0,
                overrides=overrides,
                own=() if dataset is None else dataset.own,
            )
            config = config if dataset is None else _fitted(config, dataset, overrides)
        except ConfigError as error:
            raise InvalidInput(str(error), errors=[FieldError(error.pointer, error.detail)]) from error
        if dataset is None:
            options = {"seed": config.seed, "views": config.splits.total, "size": config.image_size}
            dataset = datasets.register_once(f"rooms of preset {config.preset}", "rooms", options=options)
        return config, dataset


def _labelled_tasks(preset: str, dataset: Dataset) -> list[str] | None:
    """The tasks of a preset that a data set has labels for, then its own; None of an unknown preset."""
    if preset not in PRESETS:
        return None
    available = dataset.report["tasks"]
    known = [name for name in PRESETS[preset].tasks if available[name]["available"]]
    return [*known, *(task.name for task in dataset.own)]


def _fitted(config: AtlasConfig, dataset: Dataset, overrides: dict[str, Any]) -> AtlasConfig:
    """The configuration on the views that the data set has: splits shrink in proportion, unless they were set.

    Raises:
        ConfigError: the data set lacks what the configuration needs.
    """
    if config.image_size != dataset.report["image_size"]:
        size = dataset.report["image_size"]
        raise ConfigError("/overrides/image_size", f"the data set has images of {size} pixels")
    for position, task in enumerate(config.tasks):
        if not dataset.report["tasks"][task]["available"]:
            raise ConfigError(f"/tasks/{position}", f"the data set has no labels for {task}")
    splits = _splits(config, dataset, overrides)
    uses: tuple[tuple[str, Split], ...] = (
        ("task_training", "train"),
        ("transfer_training", "transfer"),
        ("scratch_training", "transfer"),
    )
    for training, split in uses:
        if getattr(config, training).batch_size > splits.size(split):
            views = sum(dataset.report["splits"].values())
            raise ConfigError("/dataset", f"{views} views leave too few for one batch of {training}")
    return replace(config, splits=splits)


def _splits(config: AtlasConfig, dataset: Dataset, overrides: dict[str, Any]) -> SplitSizes:
    has = dataset.views_for(config.tasks)
    if KINDS[dataset.kind].fixed_splits:
        for split in SPLITS:
            if has[split] < 2:
                detail = f"{has[split]} views of the split {split} have the labels of all these tasks"
                raise ConfigError("/tasks", detail)
            if f"splits.{split}" in overrides and config.splits.size(split) > has[split]:
                raise ConfigError(f"/overrides/splits.{split}", f"the data set has {has[split]} views for it")
        return SplitSizes(**{split: min(config.splits.size(split), has[split]) for split in SPLITS})
    views = sum(has.values())
    if config.splits.total <= views:
        return config.splits
    if any(name.startswith("splits.") for name in overrides):
        raise ConfigError(
            "/overrides", f"the splits need {config.splits.total} views, the data set has {views}"
        )
    try:
        return config.splits.scaled_to(views)
    except SplitError as error:
        raise ConfigError("/dataset", f"too few views: {error}") from error
