import numpy as np
import pytest

from models.data.classes.room_objects import RoomObjects
from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import FREQUENT_OBJECTS, OBJECT_CLASSES
from models.data.rooms.objects import EDGE, objects
from models.data.splits import SplitSizes
from models.data.views import rooms_indices
from models.training.progress import NullContext, Stopped

SIZES = SplitSizes(train=12, transfer=2, validation=2, test=4)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    return RoomObjects(RoomsConfig(seed=2), SIZES, tmp_path_factory.mktemp("cache"), workers=1)


def test_labels_name_the_class_of_each_picture(rooms):
    train = rooms.load("train", None)
    assert train.inputs.shape == (len(train.labels), EDGE, EDGE, 3)
    assert rooms.classes == FREQUENT_OBJECTS
    indices = np.concatenate(
        [rooms_indices(split, SIZES.size(split)) for split in ("train", "transfer", "validation")]
    )
    seen = objects(RoomsConfig(seed=2), indices.tolist())
    names = [OBJECT_CLASSES[kind] for kind in seen.classes.tolist()]
    kept = [place for place, name in enumerate(names) if name in FREQUENT_OBJECTS]
    assert [FREQUENT_OBJECTS[label] for label in train.labels.tolist()] == [names[place] for place in kept]
    assert np.array_equal(train.inputs, seen.images[kept])


def test_test_pictures_are_of_other_rooms(rooms):
    train, test = (rooms.load(part, None).inputs for part in ("train", "test"))
    assert len(test) == rooms.size("test") > 0
    assert not {image.tobytes() for image in train} & {image.tobytes() for image in test}


def test_pictures_are_brought_to_the_size_asked_for(rooms):
    assert rooms.load("test", 32).inputs.shape[1:] == (32, 32, 3)


def test_styles_and_seeds_are_other_data_with_the_same_classes(tmp_path):
    configs = [RoomsConfig(seed=2), RoomsConfig(seed=3), RoomsConfig(seed=2, style="b")]
    sets = [RoomObjects(config, SIZES, tmp_path) for config in configs]
    assert len({each.fingerprint for each in sets}) == 3
    assert {each.classes for each in sets} == {FREQUENT_OBJECTS}
    assert RoomObjects(RoomsConfig(seed=2, size=32), SIZES, tmp_path).fingerprint == sets[0].fingerprint


def test_rendering_can_be_stopped(tmp_path):
    class Stop(NullContext):
        def should_stop(self):
            return True

    with pytest.raises(Stopped):
        RoomObjects(RoomsConfig(), SIZES, tmp_path, workers=1).prepare(Stop())
