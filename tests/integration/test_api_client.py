"""The Python client against the whole service on a real web server."""

import io
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import uvicorn
from taskatlas_client import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    JobCancelledError,
    NotFoundError,
    NotReadyError,
    TaskAtlas,
    TooLargeError,
    UnauthorizedError,
    UnsupportedMediaError,
)

from app.core.listen import listen
from app.core.security import Scope
from app.estimates.service import EstimatesService
from app.main import create_app
from models.taxonomy.dictionary import TASKS
from models.transfer.estimators.methods import Estimate
from tests.integration.api_adaptations import CLASSES, end, finish, history, runs_of, shapes
from tests.integration.api_atlases import CSV, measured
from tests.integration.api_groupings import PAIRS, measured_atlas, trained
from tests.integration.api_targets import stored


@pytest.fixture
def server(platform):
    """Address of the service on a real uvicorn in a thread."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(create_app(platform.settings), log_config=None, access_log=False)
    web = uvicorn.Server(config)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    while not web.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    web.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def client(server):
    with TaskAtlas(server, max_retries=0) as client:
        yield client


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(CSV)
    return path


def test_tasks(client):
    assert [task.name for task in client.tasks.list()] == list(TASKS)
    depth = client.tasks.get("depth")
    assert (depth.paper_name, depth.output.kind, depth.output.shape) == ("rgb2depth", "map", [None, None])
    assert depth.description
    with pytest.raises(NotFoundError, match="dept"):
        client.tasks.get("dept")


def test_datasets(client):
    made = client.datasets.create("rooms", "rooms", options={"views": 160})
    assert client.datasets.get(made.id) == made
    assert made.report.splits["train"] > made.report.splits["validation"]
    assert made.report.tasks["depth"].available
    assert made.report.skipped == []
    assert made.fingerprint
    assert [dataset.id for dataset in client.datasets.list().items] == [made.id]
    client.datasets.delete(made.id)
    with pytest.raises(NotFoundError):
        client.datasets.get(made.id)


def test_an_error_names_the_field(client):
    with pytest.raises(InvalidInputError) as caught:
        client.datasets.create("x", "rooms", options={"size": 7})
    assert caught.value.status == 422
    assert caught.value.errors[0].pointer == "/options/size"
    assert caught.value.request_id
    assert caught.value.type == "urn:taskatlas:problem:invalid-input"


def test_an_imported_atlas_and_all_that_follows_from_it(client, table):
    atlas = client.atlases.import_file(table, name="table")
    assert client.atlases.get(atlas.id) == atlas
    assert (atlas.status, atlas.transfer_count, atlas.networks) == ("ready", 7, [])
    assert atlas.finished_at.utcoffset().total_seconds() == 0
    assert [each.id for each in client.atlases.list().items] == [atlas.id]

    affinity = client.atlases.affinity(atlas.id)
    assert affinity.normalized
    assert affinity.to_numpy().shape == (2, 5)
    assert client.atlases.affinity(atlas.id, order=2).sources == ["edge2d+rgb2sfnorm"]
    with pytest.raises(ConflictError, match="imported"):
        client.atlases.estimates(atlas.id)
    npy = client.atlases.affinity_file(atlas.id, "npy")
    np.testing.assert_array_equal(np.load(io.BytesIO(npy), allow_pickle=False), affinity.to_numpy())
    assert client.atlases.affinity_file(atlas.id, "csv", order=2).startswith(b"sources,target,")

    everything = list(client.atlases.every_transfer(atlas.id))
    assert len(everything) == 7
    chosen = client.atlases.transfers(atlas.id, target="rgb2sfnorm", source="edge2d", order=1).items
    assert [transfer.affinity for transfer in chosen] == [0.125]
    page = client.atlases.transfers(atlas.id, limit=3)
    rest = client.atlases.transfers(atlas.id, cursor=page.next_cursor)
    assert page.items + rest.items == everything
    noted = next(transfer for transfer in everything if transfer.sources == ["rgb2depth"])
    assert client.atlases.transfer(atlas.id, noted.id).metrics == {"note": "close"}

    choice = client.atlases.taxonomy(atlas.id, budget=2, alternatives=2)
    assert choice.alternatives[0].objective <= choice.objective
    assert choice.alternatives[0].sources != choice.sources
    taxonomy = client.atlases.taxonomy(atlas.id, budget=1)
    assert taxonomy.optimal
    assert taxonomy.sources == ["rgb2sfnorm"]
    assert taxonomy.objective == pytest.approx(1.0)
    assert {choice.target for choice in taxonomy.transfers} == {"rgb2depth", "rgb2sfnorm"}
    assert taxonomy.explanation.sources[0].source == "rgb2sfnorm"
    frontier = client.atlases.frontier(atlas.id)
    assert [point.budget for point in frontier] == [1, 2, 3, 4]
    assert frontier[0].objective == pytest.approx(taxonomy.objective)
    assert all(point.optimal for point in frontier)
    tree = client.atlases.tree(atlas.id)
    assert client.atlases.newick(atlas.id).strip().endswith(";")
    assert len(tree.linkage) == len(tree.names) - 1
    evidence = client.atlases.significance(atlas.id, budget=1, samples=20, seed=1)
    assert (evidence.sources, evidence.samples) == (["rgb2sfnorm"], 20)
    assert evidence.random.objective.optimum == pytest.approx(taxonomy.objective)

    client.atlases.delete(atlas.id)
    with pytest.raises(NotFoundError):
        client.atlases.affinity(atlas.id)


def test_a_build_its_job_and_its_transfers(client, platform, tmp_path):
    job = client.atlases.build(
        "rooms", preset="tiny", tasks=["depth", "normals"], orders=[1], seed=3, overrides={"stack": 4}
    )
    assert (job.state, job.ended, job.cancel_requested) == ("queued", False, False)
    assert job.children["queued"] > 2
    atlas_id = job.resource.id
    with pytest.raises(ConflictError, match="building"):
        client.atlases.affinity(atlas_id)
    measured(platform, atlas_id, finish=False)
    atlas = client.atlases.get(atlas_id)
    assert (atlas.job_id, atlas.dataset is None) == (job.id, False)
    assert atlas.networks[0].win_rate_vs_random == 0.75
    with platform.database.session() as session:
        estimate = Estimate("hscore", "depth", "normals", 0.25)
        EstimatesService(session, platform).add(atlas_id, [estimate])
    estimates = client.atlases.estimates(atlas_id, method="hscore")
    assert (estimates.targets, estimates.sources) == (["depth", "normals"], ["depth", "normals", "random"])
    assert estimates.values == [[None, None, None], [0.25, None, None]]
    assert estimates.correlation is None
    transfer = client.atlases.transfer(atlas_id, client.atlases.transfers(atlas_id).items[0].id)
    assert transfer.curves["head"]["losses"] == [1.5, 0.5]
    assert (transfer.win_rate, transfer.test_loss, transfer.metrics) == (0.625, 0.125, {"mean_angle": 20.5})
    with pytest.raises(ConflictError, match="in use"):
        client.datasets.delete(atlas.dataset)
    picture = tmp_path / "room.png"
    picture.write_bytes(b"no picture")
    with pytest.raises((NotReadyError, InvalidInputError)):
        client.atlases.infer(atlas_id, [picture], tasks=["depth"])
    children = client.jobs.list(parent=job.id, limit=3)
    rest = client.jobs.list(parent=job.id, cursor=children.next_cursor)
    kinds = [child.kind for child in children.items + rest.items]
    assert (len(kinds), kinds.count("atlas.estimates")) == (job.children["queued"], 1)
    client.jobs.cancel(job.id)
    with pytest.raises(JobCancelledError):
        client.jobs.wait(job)
    assert client.atlases.get(atlas_id).status == "cancelled"
    assert client.jobs.list(state="cancelled").items[0].id == job.id


def test_keys(client, server):
    admin = client.keys.create("admin", ["admin"])
    assert admin.secret.startswith(admin.prefix)
    with pytest.raises(UnauthorizedError):
        client.atlases.list()
    with TaskAtlas(server, admin.secret) as keeper:
        reader = keeper.keys.create("reader", ["read"])
        assert {key.name for key in keeper.keys.list().items} == {"admin", "reader"}
        with TaskAtlas(server, reader.secret) as reading:
            assert reading.atlases.list().items == []
            with pytest.raises(ForbiddenError, match="train"):
                reading.atlases.build("x", preset="tiny")
        keeper.keys.revoke(reader.id)
        with TaskAtlas(server, reader.secret) as revoked, pytest.raises(UnauthorizedError):
            revoked.atlases.list()
        with pytest.raises(ConflictError, match="last key"):
            keeper.keys.revoke(admin.id)


def test_readiness_without_a_worker_is_told_not_raised(client):
    assert client.healthy()
    readiness = client.readiness()
    assert readiness.status == "not ready"
    assert "worker" in readiness.checks["detail"]


def test_a_file_that_is_too_large_is_a_typed_error(client, tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * (17 * 2**20))
    with pytest.raises(TooLargeError, match="16 MiB"):
        client.atlases.import_file(large, name="large")


def test_a_crowd_is_served(client, server, authorize, table):
    """More requests at once than threads, and more of these than connections: none waits for ever.

    The client may repeat a request: under such a load its pool of connections closes one now and then while it is used.
    """
    atlas = client.atlases.import_file(table, name="crowd").id
    key = authorize(Scope.READ)["Authorization"].removeprefix("Bearer ")
    with TaskAtlas(server, key, timeout=60) as crowd, ThreadPoolExecutor(100) as pool:
        calls = (crowd.atlases.list, lambda: crowd.atlases.transfers(atlas), crowd.datasets.list)
        pages = list(pool.map(lambda number: calls[number % 3](), range(240)))
    assert [len(page.items) for page in pages] == [1, 7, 0] * 80


def test_a_dropped_connection_leaves_the_service_alive(client, server):
    host, port = server.removeprefix("http://").split(":")
    for part in (
        b"GET /api/v1/atlases HTTP/1.1\r\n",
        b"POST /api/v1/atlases HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
    ):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(part)
    assert client.atlases.list().items == []


def test_novel_targets(client, platform):
    atlas_id = client.atlases.build("small", preset="tiny").resource.id
    measured(platform, atlas_id, finish=True)
    few = client.datasets.create("few", "rooms", options={"views": 64, "size": 32})
    asked = {"dataset": few.id, "task": "scene_class", "orders": [1], "per_target": 1}
    job = client.targets.train(atlas_id, "kinds", **asked, overrides={"stack": 2})
    target_id = job.result["target_id"]
    training = client.targets.get(atlas_id, target_id)
    assert (training.status, training.ranking, training.best, training.facts) == ("training", [], None, None)
    assert client.targets.list(atlas_id).items[0].ranking is None
    with pytest.raises(ConflictError, match="is training"):
        client.targets.infer(atlas_id, target_id, [b"no image"])

    stored(platform, atlas_id, target_id)
    target = client.targets.get(atlas_id, target_id)
    assert target.best == target.ranking[0]
    assert (target.best.sources, target.best.kind, target.scratch.kind) == (["depth"], "transfer", "scratch")
    assert (target.images.labels, target.constant.test_loss) == (32, 1.0)
    assert target.facts.metrics["top_1"].unit == "share"
    with pytest.raises(UnsupportedMediaError):
        client.targets.infer(atlas_id, target_id, [b"no image"], array=True)
    with pytest.raises(InvalidInputError, match="no model 'mdl_no'"):
        client.targets.infer(atlas_id, target_id, [b"no image"], model="mdl_no")
    client.targets.delete(atlas_id, target_id)
    with pytest.raises(NotFoundError):
        client.targets.get(atlas_id, target_id)


def two_styles(client, tmp_path):
    """Ids of data sets of the same shapes, dark on light and light on dark."""
    datasets = {}
    for name, seed in (("plain", 1), ("inverted", 2)):
        images, labels = shapes(60, seed, inverted=name == "inverted")
        np.savez(tmp_path / f"{name}.npz", x=images, y=labels, names=np.array(CLASSES))
        arrays = {"x": "x", "y": "y", "classes": "names"}
        made = client.datasets.create(
            name, "images_npz", location=str(tmp_path / f"{name}.npz"), options=arrays
        )
        assert [each.name for each in made.report.classes] == list(CLASSES)
        assert made.report.classes[0].examples == {"train": 20, "test": 0}
        assert made.report.features is None
        datasets[name] = made.id
    return datasets


def test_adaptations(client, platform, tmp_path):
    datasets = two_styles(client, tmp_path)
    asked = {"methods": ["source-only", "san"], "seeds": [0], "steps": 40, "overrides": {"bottleneck": 16}}
    job = client.adaptations.create(
        "shapes", source=datasets["plain"], target=datasets["inverted"], target_classes=["circle"], **asked
    )
    adaptation_id = job.resource.id
    assert job.resource.kind == "adaptation"
    training = client.adaptations.get(adaptation_id)
    assert (training.status, training.job_id, training.results) == ("training", job.id, [])
    assert (training.shared_classes, training.outlier_classes) == (["circle"], ["square", "cross"])
    assert [(run.method, run.curves) for run in training.running] == [("source-only", None), ("san", None)]
    assert training.config["bottleneck"] == 16
    with pytest.raises(ConflictError, match="has a model"):
        client.adaptations.embedding(adaptation_id)

    for (method, _), run in runs_of(platform, adaptation_id).items():
        end(platform, run, history([0.25, 0.5], [0.1, 0.2 if method == "san" else 0.1]))
    finish(platform, adaptation_id)
    done = client.adaptations.get(adaptation_id)
    only, san = done.results
    assert (done.status, san.accuracy_last, san.step_label_free) == ("ready", 0.5, 20)
    assert (san.by_selector["entropy"].step, san.curves.steps) == (20, [10, 20])
    assert san.class_weights["cross"] == [0.25, 0.25]
    assert done.preferred_model == san.model_id
    assert [(each.method, each.mean, each.std) for each in done.summary] == [
        ("source-only", 0.25, 0.0),
        ("san", 0.5, 0.0),
    ]
    assert done.summary[0].verdict is None
    assert done.summary[1].verdict.judged_by == "labels"
    assert done.summary[1].verdict.reasons[0].text
    (listed,) = client.adaptations.list().items
    assert (listed.id, listed.results, listed.summary) == (adaptation_id, None, done.summary)

    both = client.adaptations.embedding(adaptation_id)
    assert [each.method for each in both] == ["source-only", "san"]
    (one,) = client.adaptations.embedding(adaptation_id, method="san", seed=0)
    assert (one.model_id, one.points[0].domain, one.points[0].label) == (san.model_id, "source", "circle")
    picture = client.adaptations.embedding_picture(adaptation_id, method="san", color="domain")
    assert picture.startswith(b"\x89PNG")
    file = tmp_path / "san.safetensors"
    assert client.adaptations.download_model(adaptation_id, san.model_id, file) == len(b"san 0")
    assert file.read_bytes() == b"san 0"
    with pytest.raises(NotFoundError):
        client.adaptations.download_model(adaptation_id, "mdl_no", tmp_path / "none.safetensors")
    assert not (tmp_path / "none.safetensors").exists()
    with pytest.raises(UnsupportedMediaError):
        client.adaptations.predict(adaptation_id, [b"no image"], model=only.model_id)
    with pytest.raises(InvalidInputError, match="takes images"):
        client.adaptations.predict_vectors(adaptation_id, [[0.5, 1.0]])
    client.adaptations.delete(adaptation_id)
    with pytest.raises(NotFoundError):
        client.adaptations.get(adaptation_id)


def test_groupings(client, server, platform):
    with httpx.Client(base_url=server) as api:
        atlas_id = measured_atlas(api, platform)
    job = client.groupings.ask(
        atlas_id, budget=2, candidates=2, method="mgda-ub", normalization="loss+", epochs=1
    )
    grouping_id = job.result["grouping_id"]
    waiting = client.groupings.get(atlas_id, grouping_id)
    assert (waiting.status, waiting.recommended, waiting.groupings[0].rank) == ("training", None, 1)
    assert waiting.sharing.scores[0][0] == 0
    trained(platform, atlas_id, grouping_id)
    found = client.groupings.get(atlas_id, grouping_id)
    assert found.recommended == [list(pair) for pair in PAIRS]
    assert found.groupings[0].tasks[0].delta_m == pytest.approx(-50)
    assert found.judged_by[0].single == 0.5
    run = found.runs[0]
    assert (
        client.groupings.download(atlas_id, grouping_id, run.model_id)
        == f"mgda-ub {tuple(run.tasks)}".encode()
    )
    assert [each.id for each in client.groupings.list(atlas_id).items] == [grouping_id]
    client.groupings.delete(atlas_id, grouping_id)
    with pytest.raises(NotFoundError):
        client.groupings.get(atlas_id, grouping_id)
