"""From a request to what is predicted and trained."""

import pytest

from app.groupings.configuring import configured
from models.multitask.config import MultitaskConfigError
from models.taxonomy.table import Transfer
from models.transfer.presets import atlas_config
from tests.unit.app.groupings.asked import CONFIG, TABLE, question, request


def test_the_tasks_that_belong_together_are_predicted_first():
    setup, prediction = configured(request(), CONFIG, TABLE)
    assert setup.training.tasks == prediction.sharing.tasks == CONFIG.tasks
    assert prediction.candidates[0] == (("autoencoding", "scene_class"), ("depth", "normals"))
    assert len(prediction.candidates) == 3
    assert all(len(groups) <= 2 for groups in prediction.candidates)


def test_networks_are_of_the_atlas_and_trained_as_its_own():
    training = configured(request(epochs=7), CONFIG, TABLE)[0].training
    assert training.network == CONFIG.network
    assert training.epochs == 7
    assert (training.batch_size, training.learning_rate) == (
        CONFIG.task_training.batch_size,
        CONFIG.task_training.learning_rate,
    )
    changed = configured(request(batch_size=100_000, learning_rate=0.5), CONFIG, TABLE)[0].training
    assert (changed.batch_size, changed.learning_rate) == (512 + 128, 0.5)


def test_tasks_that_see_something_else_are_left_out():
    atlas = atlas_config("tiny", tasks=["denoising", "colorization", "depth", "normals", "egomotion"])
    rows = [
        Transfer(pair[:1], pair[1], affinity=0.5) for pair in (("depth", "normals"), ("normals", "depth"))
    ]
    assert configured(request(), atlas, rows)[0].training.tasks == ("depth", "normals")


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"tasks": ["depth", "smell"]}, "/tasks/1", "no task 'smell'"),
        ({"tasks": ["depth", "normals", "depth"]}, "/tasks/2", "a second time"),
        ({"budget": 0.5}, "/budget", "pays for no network"),
        ({"budget": 3, "head_cost": 1}, "/budget", "pays for no network"),
        ({"method": "single"}, "/method", "alone"),
        ({"method": "grid"}, "/method", "weights"),
        ({"method": "magic"}, "/method", "no method 'magic'"),
    ],
)
def test_what_is_wrong_is_named(fields, pointer, words):
    with pytest.raises(MultitaskConfigError, match=words) as caught:
        configured(request(**fields), CONFIG, TABLE)
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("name", ["denoising", "egomotion"])
def test_a_task_that_cannot_share_is_refused_with_the_reason(name):
    atlas = atlas_config("tiny", tasks=["depth", name], orders=[1])
    with pytest.raises(MultitaskConfigError, match="cannot share a network"):
        configured(request(tasks=["depth", name]), atlas, TABLE)
    with pytest.raises(MultitaskConfigError, match="1 tasks of the atlas can share"):
        configured(request(), atlas, TABLE)


def test_a_pair_that_was_not_measured_is_named():
    with pytest.raises(MultitaskConfigError, match="from scene_class to normals was not measured") as caught:
        configured(
            request(),
            CONFIG,
            [row for row in TABLE if (row.sources, row.target) != (("scene_class",), "normals")],
        )
    assert caught.value.pointer == "/tasks"


def test_a_stored_question_reads_back_as_it_was():
    asked = question(head_cost=0.25, budget=3, method="MGDA-UB", normalization="loss+")
    setup, prediction = configured(
        request(head_cost=0.25, budget=3, method="mgda-ub", normalization="loss+"), CONFIG, TABLE
    )
    assert asked.setup == setup
    assert asked.predicted.candidates == prediction.candidates
    assert asked.predicted.sharing.scores.tolist() == prediction.sharing.scores.tolist()
