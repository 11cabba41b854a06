"""Multi-task trainings with real rows on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from app.datasets.repository import DatasetsRepository
from app.multitask.plan import planned_runs
from app.multitask.records import NewMultitask, Outcome, Setup
from app.multitask.repository import MultitaskRepository
from models.data.splits import SplitSizes
from models.multitask.config import MultitaskConfig
from models.taxonomy.own import own_task
from tests.integration.api_multitask import DIVERGED, history, measured
from tests.integration.test_repositories_atlases import DATASET

NOW = datetime(2026, 11, 26, tzinfo=UTC)
WEATHER = own_task("weather", "class", classes=["sun", "rain"])
SETUP = Setup(
    training=MultitaskConfig(tasks=("depth", "scene_class")),
    methods=("uniform", "grid"),
    seeds=(2**52, 0),
    preferences=((0.25, 0.75),),
    splits=SplitSizes(train=40, transfer=10, validation=4, test=10),
)


def training(number):
    return NewMultitask(
        id=f"mtk_{number}",
        name="depth and class",
        dataset_id=DATASET.id,
        config=SETUP.to_json(),
        own=(WEATHER,),
        code_version="1",
        created_at=NOW + timedelta(minutes=number),
    )


@pytest.fixture
def repository(database):
    with database.session() as session:
        DatasetsRepository(session).add(DATASET)
        repository = MultitaskRepository(session)
        for number in (1, 2):
            repository.add(training(number), planned_runs(f"mtk_{number}", SETUP))
        yield repository


def test_a_training_comes_back_as_it_was_stored(repository):
    found = repository.get("mtk_1")
    assert (found.name, found.own, found.status) == ("depth and class", (WEATHER,), "training")
    assert found.setup == SETUP
    assert [task.name for task in found.tasks] == ["depth", "scene_class"]
    assert repository.get("mtk_3") is None


def test_trainings_are_listed_newest_first(repository):
    assert [each.id for each in repository.page(after=None, limit=5)] == ["mtk_2", "mtk_1"]
    after = repository.get("mtk_2").created_at, "mtk_2"
    assert [each.id for each in repository.page(after=after, limit=5)] == ["mtk_1"]


def test_runs_come_back_in_the_order_they_were_asked_for(repository):
    runs = repository.runs(["mtk_1"])
    assert [(run.method, run.preference, run.seed) for run in runs] == [
        ("uniform", None, 2**52),
        ("uniform", None, 0),
        ("grid", (0.25, 0.75), 2**52),
        ("grid", (0.25, 0.75), 0),
    ]


def test_what_a_run_came_to_keeps_its_order(repository):
    run = repository.runs(["mtk_1"])[0]
    repository.end_run(
        run.id,
        Outcome(
            history=history(),
            metrics=measured(0.25, 0.5),
            validation_metrics=measured(0.5, 0.75),
            weights="w" * 64,
        ),
        at=NOW,
    )
    found = repository.run(run.id)
    assert (found.status, found.model_id) == ("succeeded", run.id)
    assert list(found.outcome.metrics["depth"]) == ["absolute_relative_error", "rmse", "delta_1"]
    assert found.outcome.metrics == measured(0.25, 0.5)
    assert found.outcome.validation_metrics == measured(0.5, 0.75)
    assert found.outcome.history.weights.tolist() == history().weights.tolist()
    assert repository.runs(["mtk_1"])[0].outcome.history is None, "nobody asked for it"
    assert repository.artifacts("mtk_1") == repository.referenced(["w" * 64, "v" * 64]) == {"w" * 64}
    assert repository.artifacts("mtk_2") == set()


def test_a_run_that_diverged_has_no_model(repository):
    run = repository.runs(["mtk_1"])[0]
    repository.end_run(run.id, Outcome(history=history(), error=DIVERGED), at=NOW)
    found = repository.run(run.id)
    assert (found.status, found.model_id, found.outcome.error) == ("diverged", None, DIVERGED)


def test_runs_go_with_their_training(repository):
    run = repository.runs(["mtk_1"])[0]
    repository.delete("mtk_1")
    assert repository.run(run.id) is None
    assert len(repository.runs(["mtk_1", "mtk_2"])) == 4
