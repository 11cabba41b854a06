"""Use cases of adaptations: train, look up, delete."""

from collections.abc import Sequence

from app.adaptations.configuring import AdaptationRequest, configured
from app.adaptations.figures import Runs
from app.adaptations.plan import adaptation_plan
from app.adaptations.records import Adaptation, AdaptationRun, NewAdaptation
from app.adaptations.repository import AdaptationsRepository
from app.atlases.releasing import release
from app.atlases.service import CODE_VERSION
from app.core.database import Session
from app.core.errors import Conflict, FieldError, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.pagination import cut, decode_time_cursor
from app.core.platform import Platform
from app.datasets.locations import allowed_path
from app.datasets.service import DatasetsService
from app.jobs.service import JobsService, Resource
from app.jobs.states import FINAL
from app.jobs.tables import Job
from models.adaptation.config import AdaptationConfig, AdaptationConfigError, Method
from models.networks.pretrained_file import PretrainedError, inspect_weights

GROUP = "adaptation"


class AdaptationsService:
    """Adaptations as users know them.

    Args:
        session: of the running transaction.
        platform: database, artefacts and the doorbell.
    """

    def __init__(self, session: Session, platform: Platform) -> None:
        self._session = session
        self._platform = platform
        self._repository = AdaptationsRepository(session)
        self._datasets = DatasetsService(session, platform)
        self._jobs = JobsService(session, platform)

    def train(self, request: AdaptationRequest) -> Job:
        """Store an adaptation and the jobs that train it.

        Returns:
            The group of jobs; its resource is the adaptation.

        Raises:
            InvalidInput: naming each field at fault.
        """
        source = self._datasets.named(request.source_dataset, "/source_dataset")
        target = self._datasets.named(request.target_dataset, "/target_dataset")
        try:
            setup, shared = configured(request, source, target)
        except AdaptationConfigError as error:
            raise InvalidInput(str(error), errors=[FieldError(error.pointer, error.detail)]) from error
        adaptation = NewAdaptation(
            id=new_id("ada"),
            name=request.name,
            source_dataset_id=source.id,
            target_dataset_id=target.id,
            config=setup.to_json(),
            pretrained=self._pretrained(request.weights, setup.training),
            shared_classes=shared,
            code_version=CODE_VERSION,
            created_at=self._platform.database.now(self._session),
        )
        runs = [
            AdaptationRun(id=new_id("mdl"), adaptation_id=adaptation.id, method=method, seed=seed)
            for method in setup.methods
            for seed in setup.seeds
        ]
        self._repository.add(adaptation, runs)
        named = {"adaptation_id": adaptation.id}
        job = self._jobs.submit_group(
            GROUP,
            f"Adaptation {request.name}",
            Resource("adaptation", adaptation.id),
            [planned.spec(named) for planned in adaptation_plan(setup, request.name, runs)],
            result=named,
        )
        self._repository.set_job(adaptation.id, job.id)
        return job

    def get(self, adaptation_id: str) -> Adaptation:
        """One adaptation.

        Raises:
            NotFound: there is none of that id.
        """
        adaptation = self._repository.get(adaptation_id)
        if adaptation is None:
            raise NotFound(f"there is no adaptation {adaptation_id!r}")
        return adaptation

    def runs(self, adaptation: Adaptation, *, with_history: bool = False) -> Runs:
        """All its runs, ended or not; their histories only if asked for."""
        return Runs(adaptation.setup, self._repository.runs([adaptation.id], with_history=with_history))

    def page(self, *, limit: int, cursor: str | None) -> tuple[Sequence[tuple[Adaptation, Runs]], str | None]:
        """A page of adaptations with their runs, newest first, and the cursor of the next.

        Raises:
            InvalidInput: the cursor is none of this list.
        """
        rows = self._repository.page(after=decode_time_cursor(cursor), limit=limit + 1)
        page, next_cursor = cut(rows, limit, lambda row: (row.created_at.isoformat(), row.id))
        runs = self._repository.runs([adaptation.id for adaptation in page])
        return [
            (each, Runs(each.setup, [run for run in runs if run.adaptation_id == each.id])) for each in page
        ], next_cursor

    def model(self, adaptation_id: str, model_id: str) -> AdaptationRun:
        """The run of a model.

        Raises:
            NotFound: there is no such adaptation, or it has no such model.
        """
        run = self.runs(self.get(adaptation_id)).model(model_id)
        if run is None:
            raise NotFound(f"adaptation {adaptation_id} has no model {model_id!r}")
        return run

    def embedded(
        self, adaptation: Adaptation, method: Method | None, seed: int | None
    ) -> list[AdaptationRun]:
        """One run with a model of each method, or of one method.

        Args:
            adaptation: whose.
            method: None = every method that has such a run.
            seed: None = the first that has one.

        Raises:
            InvalidInput: it trains no such method, or with no such seed.
            Conflict: none of these runs has a model yet.
        """
        setup, runs = adaptation.setup, self.runs(adaptation)
        if method is not None and method not in setup.methods:
            raise InvalidInput.at("method", f"this adaptation trains {', '.join(setup.methods)}")
        if seed is not None and seed not in setup.seeds:
            raise InvalidInput.at("seed", f"this adaptation has the seeds {', '.join(map(str, setup.seeds))}")
        found: dict[Method, AdaptationRun] = {}
        for run in runs:
            if run.model_id is not None and method in {None, run.method} and seed in {None, run.seed}:
                found.setdefault(run.method, run)
        if not found:
            raise Conflict(f"adaptation {adaptation.id} is {adaptation.status}: no such run has a model")
        return list(found.values())

    def delete(self, adaptation_id: str) -> None:
        """Delete an adaptation with its models; a training that runs is cancelled.

        Artefacts that nothing else refers to are removed once this is committed.

        Raises:
            NotFound: there is none of that id.
        """
        adaptation = self.get(adaptation_id)
        if adaptation.job_id is not None and self._jobs.get(adaptation.job_id).state not in FINAL:
            self._jobs.cancel(adaptation.job_id)
        released = self._repository.artifacts(adaptation_id)
        self._repository.delete(adaptation_id)
        release(self._session, self._platform, released)

    def _pretrained(self, location: str | None, training: AdaptationConfig) -> str | None:
        """Put weights that a user named into the store: every worker can read them there, and they stay as they are."""
        if location is None:
            return None
        path = allowed_path(location, self._platform.settings.datasets.roots, pointer="/weights")
        try:
            inspect_weights(path).require(training.backbone, training.image_size)
        except PretrainedError as error:
            raise InvalidInput.at("/weights", str(error)) from error
        return self._platform.artifacts.put(path.read_bytes())
