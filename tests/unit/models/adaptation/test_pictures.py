from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from models.adaptation.pictures import SIZE, as_png, draw
from models.adaptation.results import Embedding
from models.data.labelled import UNKNOWN
from models.tasks.pictures import PAPER
from tests.unit.models.adaptation.embeddings import clusters

PLOT = SIZE[0] - 190  # the legend is to the right


def plane(embedding: Embedding) -> np.ndarray:
    return embedding.features[:, :2]


def drawn(picture: np.ndarray) -> set[tuple[int, ...]]:
    """Colours of the plot that cover more than an edge."""
    colours, counts = np.unique(picture[:, :PLOT].reshape(-1, 3), axis=0, return_counts=True)
    return {tuple(colour) for colour in colours[counts > 8].tolist()} - {PAPER}


def names(count: int) -> list[str]:
    return [f"class {number}" for number in range(count)]


def test_the_picture_has_its_size_and_is_a_png() -> None:
    embedding = clusters(3, 4)
    picture = draw(plane(embedding), embedding, names(3))
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    with Image.open(BytesIO(as_png(picture))) as image:
        assert (image.format, image.size) == ("PNG", SIZE)
        np.testing.assert_array_equal(np.asarray(image), picture)


def test_classes_have_a_colour_each_and_domains_two() -> None:
    embedding = clusters(4, 6)
    by_class = drawn(draw(plane(embedding), embedding, names(4)))
    by_domain = drawn(draw(plane(embedding), embedding, names(4), "domain"))
    of_classes, of_domains = (
        {(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40)},
        {(52, 101, 200), (224, 108, 30)},
    )
    assert of_classes <= by_class
    assert not of_domains & by_class
    assert of_domains <= by_domain
    assert not of_classes & by_domain


def test_source_and_target_have_different_shapes() -> None:
    """A point in the middle, once of either domain: a disc covers what a triangle does not."""
    embedding = clusters(2, 1)
    one = [replace_domain(embedding, is_target=each) for each in (False, True)]
    disc, triangle = (draw(np.zeros((1, 2)), each, names(2), "domain")[:, :PLOT] for each in one)
    inked = [(picture != np.array(PAPER)).any(-1) for picture in (disc, triangle)]
    assert (inked[0] & ~inked[1]).any()
    assert (inked[1] & ~inked[0]).any()


def replace_domain(embedding: Embedding, *, is_target: bool) -> Embedding:
    return Embedding(
        features=embedding.features[:1],
        is_target=np.array([is_target]),
        labels=embedding.labels[:1],
        predictions=embedding.predictions[:1],
    )


def test_a_target_without_labels_is_coloured_by_its_predictions_and_the_legend_says_so() -> None:
    labelled, unlabelled = clusters(4, 5), clusters(4, 5, labelled=False)
    first, second = (draw(plane(each), each, names(4)) for each in (labelled, unlabelled))
    np.testing.assert_array_equal(first[:, :PLOT], second[:, :PLOT])
    assert (first[:, PLOT:] != second[:, PLOT:]).any()


def test_single_unlabelled_examples_are_grey() -> None:
    embedding = clusters(2, 5)
    labels = embedding.labels.copy()
    labels[-1] = UNKNOWN
    grey = (150, 150, 146)
    assert grey in drawn(draw(plane(embedding), replace(embedding, labels=labels), names(2)))
    assert grey not in drawn(draw(plane(embedding), embedding, names(2)))


@pytest.mark.parametrize("classes", [11, 84, 1000])
def test_more_classes_than_the_legend_has_room_for_are_drawn_all_the_same(classes: int) -> None:
    embedding = clusters(classes, 1)
    long_names = ["a name that is much too long for the room beside the points"] * classes
    picture = draw(plane(embedding), embedding, long_names)
    assert (picture[-8:, PLOT:] == PAPER).all()  # nothing runs out of the legend
    assert (picture[:, -4:] == PAPER).all()


def test_points_keep_their_order_from_left_to_right_and_from_bottom_to_top() -> None:
    embedding = clusters(2, 1)
    picture = draw(np.array([[0, 0], [10, 1], [10, 8]]), embedding, names(2), "domain")
    blue = np.argwhere((picture[:, :PLOT] == (52, 101, 200)).all(-1))
    orange = np.argwhere((picture[:, :PLOT] == (224, 108, 30)).all(-1))
    assert blue[:, 1].min() < orange[:, 1].min()
    assert orange[:, 0].max() < blue[:, 0].min()
