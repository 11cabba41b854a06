import numpy as np
import pytest

from models.adaptation.projection import PERPLEXITY, project
from tests.unit.models.adaptation.embeddings import clusters


def test_groups_of_features_stay_groups_and_domains_are_placed_together() -> None:
    embedding = clusters(4, 12)
    found = project(embedding.features)
    assert found.method == "t-sne"
    assert found.points.shape == (72, 2)
    gaps = np.linalg.norm(found.points[:, None] - found.points[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    nearest = gaps.argmin(1)
    assert (embedding.labels[nearest] == embedding.labels).mean() > 0.95


def test_the_same_features_give_the_same_points() -> None:
    features = clusters(3, 6).features
    np.testing.assert_array_equal(project(features).points, project(features.copy()).points)


@pytest.mark.parametrize(("points", "perplexity"), [(10, 3.0), (22, 7.0), (120, PERPLEXITY)])
def test_perplexity_is_at_most_a_third_of_the_other_points(points: int, perplexity: float) -> None:
    features = np.random.default_rng(0).normal(size=(points, 5)).astype(np.float32)
    assert project(features).perplexity == pytest.approx(perplexity)


def test_few_points_are_placed_by_their_principal_components() -> None:
    """Three points on a line, 1 and 2 apart: their places on it, centred."""
    found = project(np.array([[0, 0, 0], [0, 1, 0], [0, 3, 0]], dtype=np.float32))
    assert (found.method, found.perplexity) == ("pca", None)
    np.testing.assert_allclose(found.points, [[-4 / 3, 0], [-1 / 3, 0], [5 / 3, 0]], atol=1e-6)


def test_one_point_one_feature_and_equal_points_have_places() -> None:
    np.testing.assert_array_equal(project(np.ones((1, 4), np.float32)).points, [[0, 0]])
    np.testing.assert_array_equal(project(np.ones((50, 4), np.float32)).points, np.zeros((50, 2)))
    line = project(np.arange(30, dtype=np.float32)[:, None])
    assert np.isfinite(line.points).all()


def test_features_that_are_not_finite_are_refused() -> None:
    features = np.ones((20, 3), np.float32)
    features[3, 1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        project(features)
