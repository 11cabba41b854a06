"""Atlases, their networks and transfers, with real rows on both databases."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.atlases.records import Network, NewAtlas
from app.atlases.repository import AtlasesRepository
from app.core.database import IntegrityError
from app.datasets.records import Dataset
from app.datasets.repository import DatasetsRepository
from app.jobs.states import JobState
from app.jobs.tables import Job
from app.transfers.records import NewTransfer, TransferScore
from app.transfers.repository import Place, TransferFilter, TransfersRepository

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

ATLAS = NewAtlas(
    id="atl_1",
    name="Wohnräume",
    origin="built",
    config={"seed": 7, "nested": {"orders": [1, 2]}},
    tasks=("edges", "normals"),
    sources=("edges", "normals", "random"),
    targets=("edges", "normals"),
    orders=(1, 2),
    transfer_count=6,
    dataset_id=None,
    job_id=None,
    code_version="0.1.0",
    created_at=NOW,
    finished_at=None,
)

DATASET = Dataset(
    id="dst_1",
    name="rooms",
    kind="rooms",
    location=None,
    options={"seed": 1, "views": 24},
    fingerprint="f" * 64,
    report={"splits": {"train": 16}, "skipped": []},
    created_at=NOW,
)


def network(task, **changes):
    base = Network(
        atlas_id="atl_1",
        kind="task",
        task=task,
        weights=f"weights-{task}",
        losses=f"losses-{task}",
        curves=f"curves-{task}",
        representations={"one": f"representation-{task}"},
        metrics={"angle": 12.5},
        test_loss=0.25,
    )
    return dataclasses.replace(base, **changes)


@pytest.fixture
def session(database):
    with database.session() as session:
        yield session


@pytest.fixture
def atlases(session):
    repository = AtlasesRepository(session)
    repository.add(ATLAS)
    return repository


@pytest.fixture
def transfers(session, atlases):
    return TransfersRepository(session)


def test_an_atlas_comes_back_as_it_was_stored(database):
    with database.session() as session:
        AtlasesRepository(session).add(ATLAS)
    with database.session(read_only=True) as session:
        found = AtlasesRepository(session).get("atl_1")
        assert AtlasesRepository(session).get("atl_2") is None
    assert {name: getattr(found, name) for name in dataclasses.asdict(ATLAS)} == {
        field.name: getattr(ATLAS, field.name) for field in dataclasses.fields(ATLAS)
    }
    assert found.status == "building"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (JobState.QUEUED, "building"),
        (JobState.RUNNING, "building"),
        (JobState.FAILED, "failed"),
        (JobState.CANCELLED, "cancelled"),
    ],
)
def test_the_status_of_an_unfinished_atlas_is_its_jobs(session, atlases, state, status):
    session.add(Job(id="job_1", kind="k", title="t", queue="cpu", config={}, state=state, created_at=NOW))
    atlases.set_job("atl_1", "job_1")
    assert atlases.get("atl_1").status == status
    assert atlases.page(after=None, limit=5)[0].status == status


def test_a_finished_atlas_is_ready(atlases):
    assert atlases.finished_at("atl_1") is None
    atlases.finish("atl_1", at=NOW + timedelta(minutes=3), transfer_count=5)
    found = atlases.get("atl_1")
    assert (found.status, found.transfer_count) == ("ready", 5)
    assert atlases.finished_at("atl_1") == NOW + timedelta(minutes=3)


def test_pages_hold_every_atlas_once_newest_first_even_at_equal_times(session, atlases):
    for number in range(2, 8):
        moment = NOW + timedelta(seconds=number // 3)
        atlases.add(dataclasses.replace(ATLAS, id=f"atl_{number}", created_at=moment))
    seen, after = [], None
    while page := atlases.page(after=after, limit=3):
        seen += page
        after = (page[-1].created_at, page[-1].id)
    keys = [(atlas.created_at, atlas.id) for atlas in seen]
    assert len(keys) == 7
    assert keys == sorted(keys, reverse=True)


def test_a_data_set_in_use_cannot_be_deleted(session, atlases):
    datasets = DatasetsRepository(session)
    datasets.add(DATASET)
    atlases.add(dataclasses.replace(ATLAS, id="atl_2", dataset_id="dst_1"))
    with pytest.raises(IntegrityError), session.begin_nested():
        datasets.delete("dst_1")
    atlases.delete("atl_2")
    datasets.delete("dst_1")
    assert datasets.get("dst_1") is None


def test_networks_are_listed_by_kind_in_the_order_of_their_tasks(atlases):
    stored = [network("normals"), network("edges"), network("edges", kind="scratch", representations={})]
    for each in stored:
        atlases.add_network(each)
    assert atlases.networks("atl_1", "task") == [stored[1], stored[0]]
    assert atlases.networks("atl_1", "scratch") == [stored[2]]


def test_a_network_of_a_kind_is_stored_once(session, atlases):
    atlases.add_network(network("edges"))
    session.expunge_all()
    with pytest.raises(IntegrityError), session.begin_nested():
        atlases.add_network(network("edges"))


def test_artefacts_in_use_are_found_wherever_they_are_named(atlases, transfers):
    atlases.add_network(network("edges"))
    transfers.add("atl_1", [NewTransfer(sources=("edges",), target="normals", weights="w", curves="c")])
    own = {"weights-edges", "losses-edges", "curves-edges", "representation-edges"}
    assert atlases.artifacts("atl_1") == own
    assert atlases.referenced({*own, "unknown"}) == own
    assert transfers.artifacts("atl_1") == {"w", "c"}
    assert transfers.referenced(["w", "unknown"]) == {"w"}
    assert transfers.referenced([]) == set()


def test_an_atlas_names_its_base_even_when_that_is_gone(session, atlases):
    atlases.add(dataclasses.replace(ATLAS, id="atl_2", base_id="atl_1"))
    atlases.delete("atl_1")
    session.expire_all()
    assert (atlases.get("atl_2").base_id, atlases.get("atl_1")) == ("atl_1", None)


def test_a_base_that_is_held_is_deleted_only_after_its_networks_are_taken_over(database):
    """Whoever deletes must see who else needs the artefacts by then."""
    found = {}

    def delete():
        with database.session() as session:
            repository = AtlasesRepository(session)
            released = repository.artifacts("atl_1")
            repository.delete("atl_1")
            found["unused"] = released - repository.referenced(released)

    with database.session() as session:
        repository = AtlasesRepository(session)
        repository.add(ATLAS)
        repository.add_network(network("edges"))
        repository.add_network(network("normals"))
    with ThreadPoolExecutor(1) as pool:
        with database.session() as session:
            repository = AtlasesRepository(session)
            repository.hold("atl_1")
            repository.hold("atl_unknown")
            deleting = pool.submit(delete)
            repository.add(dataclasses.replace(ATLAS, id="atl_2", base_id="atl_1"))
            repository.add_network(network("edges", atlas_id="atl_2"))
            with pytest.raises(TimeoutError):
                deleting.result(timeout=0.5)
        deleting.result(timeout=20)
    assert found["unused"] == {
        "weights-normals",
        "losses-normals",
        "curves-normals",
        "representation-normals",
    }


def test_networks_and_transfers_go_with_their_atlas(session, atlases, transfers):
    atlases.add_network(network("edges"))
    transfers.add("atl_1", [NewTransfer(sources=("edges",), target="normals")])
    atlases.delete("atl_1")
    session.expire_all()
    assert atlases.networks("atl_1", "task") == []
    assert transfers.count("atl_1") == 0


ROWS = [
    NewTransfer(sources=("edges",), target="normals", affinity=0.5, measures={"angle": 3.5, "note": "x"}),
    NewTransfer(sources=("normals",), target="edges"),
    NewTransfer(sources=("edges", "normals"), target="edges", win_rate_vs_scratch=0.0),
    NewTransfer(sources=("keypoints2d",), target="edges"),
    NewTransfer(sources=("self",), target="edges", affinity=1e-300),
]


def test_transfers_come_back_in_listing_order_with_missing_measures_missing(transfers):
    transfers.add("atl_1", ROWS)
    found = transfers.all("atl_1")
    assert [(row.order, row.target, row.sources) for row in found] == [
        (1, "edges", ("keypoints2d",)),
        (1, "edges", ("normals",)),
        (1, "edges", ("self",)),
        (1, "normals", ("edges",)),
        (2, "edges", ("edges", "normals")),
    ]
    by_sources = {(row.target, row.sources): row for row in found}
    assert by_sources["normals", ("edges",)].measures == {"angle": 3.5, "note": "x"}
    assert by_sources["edges", ("edges", "normals")].win_rate_vs_scratch == 0.0
    assert by_sources["edges", ("normals",)].affinity is None
    assert by_sources["edges", ("self",)].affinity == 1e-300
    assert transfers.count("atl_1") == len(ROWS)


def test_a_source_is_matched_whole(transfers):
    transfers.add("atl_1", [*ROWS, NewTransfer(sources=("edges_2%",), target="normals")])

    def listed(**chosen):
        page = transfers.page("atl_1", TransferFilter(**chosen), after=None, limit=50)
        return {(row.target, *row.sources) for row in page}

    assert listed(source="edges") == {("normals", "edges"), ("edges", "edges", "normals")}
    assert listed(source="edges_2%") == {("normals", "edges_2%")}
    assert listed(source="%") == set()
    assert listed(target="normals", order=1, source="edges") == {("normals", "edges")}


def test_pages_of_transfers_hold_every_one_once(transfers):
    transfers.add("atl_1", ROWS)
    seen, after = [], None
    while page := transfers.page("atl_1", TransferFilter(), after=after, limit=2):
        seen += page
        last = page[-1]
        after = Place(last.order, last.target, "+".join(last.sources))
    assert seen == transfers.all("atl_1")


def test_equal_transfers_are_stored_once_per_atlas(session, atlases, transfers):
    transfers.add("atl_1", ROWS[:1])
    with pytest.raises(IntegrityError), session.begin_nested():
        transfers.add("atl_1", ROWS[:1])
    atlases.add(dataclasses.replace(ATLAS, id="atl_2"))
    transfers.add("atl_2", ROWS[:1])
    transfer = transfers.all("atl_2")[0]
    assert transfers.get("atl_2", transfer.id) == transfer
    assert transfers.get("atl_1", transfer.id) is None


def test_scores_change_their_transfers_and_no_others(session, transfers):
    transfers.add("atl_1", ROWS)
    first, second = transfers.all("atl_1")[:2]
    transfers.score([TransferScore(first.id, 0.7, 0.6, 0.8, 0.1)])
    session.expire_all()
    scored = transfers.get("atl_1", first.id)
    assert (scored.affinity, scored.win_rate) == (0.7, 0.6)
    assert (scored.win_rate_vs_scratch, scored.win_rate_vs_full) == (0.8, 0.1)
    assert transfers.get("atl_1", second.id) == second
    transfers.delete_all("atl_1")
    assert transfers.all("atl_1") == []


def test_data_sets_come_back_and_are_found_by_what_they_hold(session):
    datasets = DatasetsRepository(session)
    datasets.add(DATASET)
    datasets.add(dataclasses.replace(DATASET, id="dst_2", created_at=NOW + timedelta(days=1)))
    session.expire_all()
    assert datasets.get("dst_1") == DATASET
    assert datasets.with_fingerprint("f" * 64) == DATASET
    assert datasets.with_fingerprint("0" * 64) is None
    assert [found.id for found in datasets.page(after=None, limit=5)] == ["dst_2", "dst_1"]
    after = (NOW + timedelta(days=1), "dst_2")
    assert [found.id for found in datasets.page(after=after, limit=5)] == ["dst_1"]
