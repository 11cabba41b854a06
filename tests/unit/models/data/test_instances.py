import numpy as np

from models.data.instances import INSTANCE_OFFSETS, centre_offsets, instance_pixels
from models.data.rooms.config import RoomsConfig
from models.data.rooms.render import render


def test_offsets_lead_to_the_mean_position_of_the_instance():
    instances = np.array([[[0, 1, 1], [2, 1, 0]]], dtype=np.int16)
    offsets = centre_offsets(instances)
    # instance 1: columns 1, 2, 1 and rows 0, 0, 1
    assert np.allclose(offsets[0, 0, 1], (1 / 3, 1 / 3))
    assert np.allclose(offsets[0, 0, 2], (-2 / 3, 1 / 3))
    assert np.allclose(offsets[0, 1, 1], (1 / 3, -2 / 3))
    assert np.array_equal(offsets[0, 1, 0], (0, 0))


def test_offsets_are_unknown_where_there_is_no_instance():
    offsets = centre_offsets(np.array([[[0, 5], [-1, 5]]]))
    assert np.array_equal(np.isnan(offsets[0, :, :, 0]), [[True, False], [True, False]])
    assert offsets.dtype == np.float32


def test_equal_ids_of_two_images_are_two_instances():
    instances = np.zeros((2, 4, 4), dtype=np.int32)
    instances[0, 0, 0] = instances[1, 3, 3] = 33_005
    assert np.array_equal(centre_offsets(instances)[[0, 1], [0, 3], [0, 3]], np.zeros((2, 2)))


def test_offsets_sum_to_nothing_over_every_object_of_a_room():
    instances = render(RoomsConfig(seed=3, size=32), range(4), ("instances",))["instances"]
    offsets = centre_offsets(instances)
    for view, ids in enumerate(instances):
        for each in np.unique(ids[ids > 0]):
            assert np.allclose(offsets[view][ids == each].mean(axis=0), 0, atol=1e-4)


def test_pixels_are_counted_by_image_and_instance():
    counts = instance_pixels(np.array([[[0, 1], [1, 1]], [[2, -1], [0, 2]]]))
    assert np.array_equal(counts, [[1, 3, 0], [2, 0, 2]])


def test_the_task_is_a_map_of_two_channels_in_pixels():
    entry = INSTANCE_OFFSETS.entry
    assert (entry.output.kind, entry.output.shape, entry.output.unit) == ("map", (None, None, 2), "pixels")
    assert (entry.loss, entry.metric) == ("l1", "mean_absolute_error")
