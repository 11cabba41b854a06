"""Estimates with real rows on both databases."""

import pytest

from app.atlases.repository import AtlasesRepository
from app.core.database import IntegrityError
from app.estimates.repository import EstimatesRepository
from models.transfer.estimators.methods import Estimate
from tests.integration.test_repositories_atlases import ATLAS

ROWS = [
    Estimate("logme", "normals", "edges", -0.1 - 2**-40),
    Estimate("logme", "edges", "normals", 1e-300),
    Estimate("leep", "edges", "normals", None),
]


@pytest.fixture
def session(database):
    with database.session() as session:
        AtlasesRepository(session).add(ATLAS)
        yield session


def test_estimates_come_back_by_method_target_and_source(session):
    estimates = EstimatesRepository(session)
    estimates.add("atl_1", ROWS[::-1])
    assert estimates.all("atl_1", "logme") == ROWS[:2]
    assert estimates.all("atl_1", "leep") == ROWS[2:]
    assert estimates.all("atl_1", "hscore") == estimates.all("atl_2", "logme") == []


def test_nothing_is_estimated_twice_and_nothing_of_no_atlas(session):
    estimates = EstimatesRepository(session)
    estimates.add("atl_1", ROWS)
    estimates.add("atl_1", [])
    for atlas_id in ("atl_1", "atl_2"):
        with pytest.raises(IntegrityError), session.begin_nested():
            estimates.add(atlas_id, ROWS)


def test_estimates_go_with_their_atlas(session):
    estimates = EstimatesRepository(session)
    estimates.add("atl_1", ROWS)
    AtlasesRepository(session).delete("atl_1")
    assert estimates.all("atl_1", "logme") == []
