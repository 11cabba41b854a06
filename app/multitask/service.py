"""Use cases of multi-task trainings: train, look up, delete."""

from collections.abc import Sequence

from app.atlases.releasing import release
from app.atlases.service import CODE_VERSION
from app.core.database import Session
from app.core.errors import FieldError, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.platform import Platform
from app.datasets.service import DatasetsService
from app.jobs.service import JobsService, Resource
from app.jobs.states import FINAL
from app.jobs.tables import Job
from app.multitask.configuring import MultitaskRequest, configured
from app.multitask.figures import Runs
from app.multitask.fronts import Front, Part, front_of
from app.multitask.plan import multitask_plan, planned_runs
from app.multitask.records import Multitask, MultitaskRun, NewMultitask
from app.multitask.repository import MultitaskRepository
from models.multitask.config import MultitaskConfigError

GROUP = "multitask"


class MultitaskService:
    """Multi-task trainings as users know them.

    Args:
        session: of the running transaction.
        platform: database, artefacts and the doorbell.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = MultitaskRepository(session)
        self._jobs = JobsService(session, platform)

    def train(self, request: MultitaskRequest) -> Job:
        """Store a training and the jobs that do it.

        Returns:
            The group of jobs; its resource is the training.

        Raises:
            InvalidInput: naming each field at fault.
        """
        dataset = DatasetsService(self._session, self._platform).named(request.dataset, "/dataset")
        try:
            setup = configured(request, dataset)
        except MultitaskConfigError as error:
            raise InvalidInput(str(error), errors=[FieldError(error.pointer, error.detail)]) from error
        multitask = NewMultitask(
            id=new_id("mtk"),
            name=request.name,
            dataset_id=dataset.id,
            config=setup.to_json(),
            own=tuple(task for task in dataset.own if task.name in setup.training.tasks),
            code_version=CODE_VERSION,
            created_at=self._platform.database.now(self._session),
        )
        runs = planned_runs(multitask.id, setup)
        self._repository.add(multitask, runs)
        named = {"multitask_id": multitask.id}
        job = self._jobs.submit_group(
            GROUP,
            f"Multi-task training {request.name}",
            Resource("multitask", multitask.id),
            [planned.spec(named) for planned in multitask_plan(setup, request.name, runs)],
            result=named,
        )
        self._repository.set_job(multitask.id, job.id)
        return job

    def get(self, multitask_id: str) -> Multitask:
        """One training.

        Raises:
            NotFound: there is none of that id.
        """
        multitask = self._repository.get(multitask_id)
        if multitask is None:
            raise NotFound(f"there is no multi-task training {multitask_id!r}")
        return multitask

    def runs(self, multitask: Multitask, *, with_history: bool = False) -> Runs:
        """All its runs, ended or not; their histories only if asked for."""
        runs = self._repository.runs([multitask.id], with_history=with_history)
        return Runs(multitask.judged_by, runs)

    def page(self, *, limit: int, cursor: str | None) -> tuple[Sequence[tuple[Multitask, Runs]], str | None]:
        """A page of trainings with their runs, newest first, and the cursor of the next.

        Raises:
            InvalidInput: the cursor is none of this list.
        """
        rows = self._repository.page(after=decode_time_cursor(cursor), limit=limit + 1)
        page, next_cursor = cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))
        runs = self._repository.runs([multitask.id for multitask in page])
        return [
            (each, Runs(each.judged_by, [run for run in runs if run.multitask_id == each.id]))
            for each in page
        ], next_cursor

    def front(self, multitask_id: str, tasks: Sequence[str] | None, part: Part) -> Front:
        """The Pareto front of the models that there are so far.

        Args:
            multitask_id: whose.
            tasks: its axes; None = all tasks.
            part: of the data set, whose values are looked at.

        Raises:
            NotFound: there is no such training.
            InvalidInput: it has no such task, none is named, or one is named twice.
        """
        multitask = self.get(multitask_id)
        known = multitask.setup.training.tasks
        for name in tasks or ():
            if name not in known:
                raise InvalidInput.at(
                    "tasks", f"this training has no task {name!r}; it has {', '.join(known)}"
                )
        if tasks is not None and not tasks:
            raise InvalidInput.at("tasks", "names no task; name at least one")
        if tasks is not None and len(set(tasks)) < len(tasks):
            raise InvalidInput.at("tasks", "names a task twice")
        return front_of(self.runs(multitask), known if tasks is None else tasks, part)

    def model(self, multitask_id: str, model_id: str) -> MultitaskRun:
        """The run of a model.

        Raises:
            NotFound: there is no such training, or it has no such model.
        """
        run = self.runs(self.get(multitask_id)).model(model_id)
        if run is None:
            raise NotFound(f"multi-task training {multitask_id} has no model {model_id!r}")
        return run

    def delete(self, multitask_id: str) -> None:
        """Delete a training with its models; one that runs is cancelled.

        Artefacts that nothing else refers to are removed once this is committed.

        Raises:
            NotFound: there is none of that id.
        """
        multitask = self.get(multitask_id)
        if multitask.job_id is not None and self._jobs.get(multitask.job_id).state not in FINAL:
            self._jobs.cancel(multitask.job_id)
        released = self._repository.artifacts(multitask_id)
        self._repository.delete(multitask_id)
        release(self._session, self._platform, released)
