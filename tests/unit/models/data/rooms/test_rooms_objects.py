import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.rooms.labels import FREQUENT_OBJECTS, OBJECT_CLASSES
from models.data.rooms.objects import EDGE, VIEW, objects
from models.data.rooms.render import render

SEED = 5


@pytest.fixture(scope="module")
def found():
    return objects(RoomsConfig(seed=SEED), range(12))


def test_pictures_are_squares_of_known_classes(found):
    assert found.images.shape == (len(found.classes), EDGE, EDGE, 3)
    assert found.images.dtype == np.uint8
    assert len(found.classes) > 12
    assert found.classes.min() > 0
    assert found.classes.max() < len(OBJECT_CLASSES)
    assert set(found.views.tolist()) <= set(range(12))


def test_the_style_changes_the_look_but_not_what_is_seen(found):
    other = objects(RoomsConfig(seed=SEED, style="b"), range(12))
    assert np.array_equal(found.classes, other.classes)
    assert np.array_equal(found.views, other.views)
    assert not np.array_equal(found.images, other.images)


def test_a_picture_does_not_depend_on_the_batch_or_the_size_of_the_data_set(found):
    alone = objects(RoomsConfig(seed=SEED, size=32), [7])
    assert np.array_equal(alone.images, found.images[found.views == 7])


def test_every_picture_shows_an_object_that_its_view_holds_uncut(found):
    config = RoomsConfig(seed=SEED, size=VIEW)
    shares = render(config, range(12), {"object_class"})["object_class"]
    for view, kind in zip(found.views.tolist(), found.classes.tolist(), strict=True):
        assert shares[view, kind] > 0
    frame = np.ones((VIEW, VIEW), dtype=bool)
    frame[1:-1, 1:-1] = False
    for view, instances in enumerate(render(config, range(12), {"instances"})["instances"]):
        ids, pixels = np.unique(instances, return_counts=True)
        inner = [i for i, n in zip(ids.tolist(), pixels.tolist(), strict=True) if i and n >= 120]
        assert (found.views == view).sum() <= len(inner), "objects of few pixels have no picture"


def test_frequent_classes_are_classes_and_keep_their_order():
    places = [OBJECT_CLASSES.index(name) for name in FREQUENT_OBJECTS]
    assert places == sorted(places)
    assert len(FREQUENT_OBJECTS) == 26
