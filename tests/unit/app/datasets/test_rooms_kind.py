import pytest

from app.datasets.kinds.base import DatasetRejected
from app.datasets.kinds.rooms import PROPORTIONS, Rooms
from models.taxonomy.dictionary import TASKS


def test_defaults_are_filled_in():
    found = Rooms().inspect(None, {})
    assert found.options == {"seed": 0, "views": PROPORTIONS.total, "size": 64, "style": "a"}
    assert found.report.splits == {"train": 4096, "transfer": 1024, "validation": 256, "test": 1024}


@pytest.mark.parametrize("views", [16, 100, 6400, 12345])
def test_every_view_is_in_one_split(views):
    splits = Rooms().inspect(None, {"views": views}).report.splits
    assert sum(splits.values()) == views
    assert all(size > 0 for size in splits.values())


def test_equal_options_are_equal_data_and_others_are_not():
    inspect = Rooms().inspect
    given = [{}, {"seed": 1}, {"size": 32}, {"style": "b"}, {"views": 160}]
    prints = [inspect(None, options).fingerprint for options in given]
    assert len(set(prints)) == len(prints)
    assert inspect(None, {"seed": 0, "style": "a"}).fingerprint == prints[0]


def test_every_task_is_available():
    report = Rooms().inspect(None, {"views": 160}).report
    assert set(report.tasks) == set(TASKS)
    assert all(each.available and each.views == 160 for each in report.tasks.values())


def test_every_bad_option_is_named_at_once():
    with pytest.raises(DatasetRejected) as caught:
        Rooms().inspect(None, {"seed": -1, "size": 63, "style": "c", "colour": "red", "views": True})
    assert {error.pointer for error in caught.value.errors} == {
        f"/options/{name}" for name in ("seed", "size", "style", "colour", "views")
    }


def test_rooms_without_tasks_of_their_own_are_the_data_that_they_were():
    plain = Rooms().inspect(None, {})
    same = Rooms().inspect(None, {"attributes": False, "instances": False})
    assert (same.fingerprint, same.options) == (plain.fingerprint, plain.options)
    assert plain.report.own == ()


def test_attributes_and_instances_are_tasks_beside_the_dictionary_s():
    found = Rooms().inspect(None, {"views": 160, "attributes": True, "instances": True})
    own = [task.name for task in found.report.own]
    assert len(own) == 41
    assert set(found.report.tasks) == {*TASKS, *own}
    assert found.report.tasks["instance_offsets"].views == found.report.tasks["is_kitchen"].views == 160
    assert found.options["attributes"] is found.options["instances"] is True
    assert found.fingerprint != Rooms().inspect(None, {"views": 160, "attributes": True}).fingerprint
