"""Live predictions end to end: HTTP, the real inference process on its socket, real networks."""

import base64
import email
import email.policy
import io
import os
import shutil
import signal
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient
from PIL import Image

from app.atlases.repository import AtlasesRepository
from app.core.platform import build_platform
from app.core.security import Scope
from app.core.settings import load_settings
from app.inference.engine import create_engine
from app.inference.protocol import EngineHealth
from app.main import create_app
from app.transfers.repository import TransfersRepository
from models.taxonomy.dictionary import TASKS
from models.taxonomy.table import RANDOM, SELF
from models.transfer.serving import load_network, load_transfer
from tests.integration.inference_atlas import (
    ATLAS,
    ONE_IMAGE,
    SIZE,
    THREE_IMAGES,
    TWO_IMAGES,
    engine,
    new_atlas,
    store_built_atlas,
)

INFER = f"/api/v1/atlases/{ATLAS}/infer"
IMPORTED = "atl_imported"
DENSE = ("autoencoding", "colorization", "edges_2d", "depth", "normals", "semantic_segmentation")
TOLERANCE = 1e-4


class World:
    """A stored atlas on settings of its own."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.settings = load_settings({"TASKATLAS_DATA": str(folder / "data")})
        self.settings.data.mkdir()
        shutil.copy(template, Path(self.settings.database.url.removeprefix("sqlite:///")))
        self.platform = build_platform(self.settings)
        self.transfers = store_built_atlas(self.platform, folder / "rooms")
        with self.platform.database.session() as session:
            AtlasesRepository(session).add(new_atlas(IMPORTED, "imported", ("depth", "normals"), {}))

    def weights(self, *names: str) -> list[bytes]:
        with self.platform.database.session(read_only=True) as session:
            stored = {each.task: each.weights for each in AtlasesRepository(session).networks(ATLAS, "task")}
        return [self.platform.artifacts.get(stored[name]) for name in names]


@pytest.fixture(scope="module")
def world(tmp_path_factory, sqlite_template):
    made = World(tmp_path_factory.mktemp("inference"), sqlite_template)
    yield made
    made.platform.close()


@pytest.fixture(scope="module")
def web(world):
    """The web side alone."""
    with TestClient(create_app(world.settings)) as client:
        yield client


@pytest.fixture(scope="module")
def served(world, web):
    """The web side with its inference process."""
    with engine(world.settings):
        yield web


def picture(seed=0, edge=SIZE):
    """Smooth random colours, so that a JPEG of them is close."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return Image.fromarray(coarse).resize((edge, edge), Image.Resampling.BICUBIC)


def encoded(image, image_format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def ask(client, *images, headers=None, media_type="image/png", url=INFER, **fields):
    files = [("image", (f"{index}.png", data, media_type)) for index, data in enumerate(images)]
    return client.post(url, files=files, data=fields, headers=headers)


def array_of(prediction):
    with np.load(io.BytesIO(base64.b64decode(prediction["array"])), allow_pickle=False) as archive:
        return archive["prediction"]


def arrays(response):
    assert response.status_code == 200, response.text
    return [array_of(each) for each in response.json()["predictions"]]


def problem(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    return body


def test_one_image_is_answered_by_every_task_that_takes_one(served):
    body = ask(served, encoded(picture()), tasks="all").json()
    assert [each["task"] for each in body["predictions"]] == list(ONE_IMAGE)
    assert body["image_size"] == SIZE
    assert {each["task"] for each in body["left_out"]} == {TWO_IMAGES, THREE_IMAGES}
    for each in body["predictions"]:
        assert each["kind"] == TASKS[each["task"]].output.kind
        assert each["array"] is None
        assert (each["value"] is None) == (each["kind"] in ("image", "map"))
        if each["task"] in DENSE:
            assert Image.open(io.BytesIO(base64.b64decode(each["png"]))).format == "PNG"
        else:
            assert each["png"] is None


def test_all_is_what_is_answered_when_nothing_is_named(served):
    assert ask(served, encoded(picture())).json() == ask(served, encoded(picture()), tasks="all").json()


def test_predictions_are_those_of_the_network_itself(served, world):
    names = ("depth", "normals", "scene_class")
    answers = arrays(ask(served, encoded(picture()), tasks=",".join(names), array="true"))
    images = np.asarray(picture())[None, None]
    for answer, weights in zip(answers, world.weights(*names), strict=True):
        np.testing.assert_allclose(
            answer, load_network(weights).predict(images)[0].array, atol=TOLERANCE, rtol=TOLERANCE
        )


def test_a_class_is_a_distribution_with_the_likeliest_first(served):
    (prediction,) = ask(served, encoded(picture()), tasks="scene_class").json()["predictions"]
    shares = [each["probability"] for each in prediction["value"]["top"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("sources", [("depth",), ("autoencoding", "depth"), (RANDOM,)])
def test_a_transfer_answers_through_its_sources(served, world, sources):
    transfer_id = world.transfers[sources]
    response = ask(served, encoded(picture()), transfers=transfer_id, array="true")
    (prediction,) = response.json()["predictions"]
    assert (prediction["task"], prediction["transfer_id"]) == ("normals", transfer_id)
    assert tuple(prediction["sources"]) == sources
    with world.platform.database.session(read_only=True) as session:
        head = TransfersRepository(session).get(ATLAS, transfer_id).weights
    network = load_transfer(world.platform.artifacts.get(head), world.weights(*sources))
    expected = network.predict(np.asarray(picture())[None, None])[0].array
    np.testing.assert_allclose(array_of(prediction), expected, atol=TOLERANCE, rtol=TOLERANCE)


def test_the_transfer_from_self_is_the_targets_own_network(served, world):
    own = arrays(ask(served, encoded(picture()), tasks="normals", array="true"))
    itself = arrays(ask(served, encoded(picture()), transfers=world.transfers[SELF,], array="true"))
    np.testing.assert_array_equal(own[0], itself[0])


def test_tasks_and_transfers_are_answered_in_the_order_of_the_question(served, world):
    ids = [world.transfers["depth",], world.transfers[RANDOM,]]
    body = ask(served, encoded(picture()), tasks="normals, depth", transfers=",".join(ids)).json()
    said = [(each["task"], each["transfer_id"]) for each in body["predictions"]]
    assert said == [("normals", None), ("depth", None), ("normals", ids[0]), ("normals", ids[1])]


def test_two_and_three_images_are_answered_by_tasks_that_compare_views(served):
    images = [encoded(picture(seed)) for seed in range(3)]
    two = ask(served, *images[:2], tasks="all").json()
    assert [each["task"] for each in two["predictions"]] == [TWO_IMAGES]
    three = ask(served, *images, tasks=THREE_IMAGES).json()
    assert [each["task"] for each in three["predictions"]] == [THREE_IMAGES]
    assert three["image_count"] == 3
    body = problem(ask(served, *images[:1], tasks=TWO_IMAGES), 422)
    assert body["errors"] == [{"pointer": "/tasks", "detail": "fixated_pose takes 2 images, 1 given"}]
    problem(ask(served, *images, images[0], tasks="all"), 422)


def test_views_keep_their_order(served):
    first, second = encoded(picture(1)), encoded(picture(2))
    there, back = (
        arrays(ask(served, *pair, tasks=TWO_IMAGES, array="true"))[0]
        for pair in ((first, second), (second, first))
    )
    assert np.abs(there - back).max() > TOLERANCE


def test_pictures_and_numbers_come_on_request(served):
    image = encoded(picture())
    (drawn,) = ask(served, image, tasks="scene_class", png="true").json()["predictions"]
    assert base64.b64decode(drawn["png"]).startswith(b"\x89PNG")
    (bare,) = ask(served, image, tasks="depth", png="false").json()["predictions"]
    assert (bare["png"], bare["array"]) == (None, None)
    (whole,) = ask(served, image, tasks="depth", url=f"{INFER}?array=true").json()["predictions"]
    assert array_of(whole).shape == (SIZE, SIZE)


def test_a_dense_task_can_be_asked_for_as_a_picture(served):
    headers = {"Accept": "image/png"}
    response = ask(served, encoded(picture()), tasks="depth", headers=headers)
    assert response.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(response.content)).size == (SIZE, SIZE)
    assert (
        "2 asked for"
        in problem(ask(served, encoded(picture()), tasks="depth,normals", headers=headers), 422)["detail"]
    )
    assert (
        "scene_class"
        in problem(ask(served, encoded(picture()), tasks="scene_class", headers=headers), 422)["detail"]
    )


def test_multipart_mixed_has_a_part_for_every_piece(served):
    response = ask(
        served,
        encoded(picture()),
        tasks="depth,scene_class",
        array="true",
        headers={"Accept": "multipart/mixed"},
    )
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + response.content, policy=email.policy.default)
    parts = [(part.get_filename(), part.get_content_type()) for part in message.iter_parts()]
    assert parts == [
        ("depth.json", "application/json"),
        ("depth.png", "image/png"),
        ("depth.npz", "application/octet-stream"),
        ("scene_class.json", "application/json"),
        ("scene_class.npz", "application/octet-stream"),
    ]
    bodies = [part.get_payload(decode=True) for part in message.iter_parts()]
    assert Image.open(io.BytesIO(bodies[1])).format == "PNG"
    with np.load(io.BytesIO(bodies[2]), allow_pickle=False) as archive:
        assert archive["prediction"].shape == (SIZE, SIZE)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_answered(served, mode):
    image = picture()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    same = np.asarray(picture().convert("L" if mode in ("I;16", "LA") else mode).convert("RGB"))
    answer = arrays(ask(served, encoded(image), tasks="autoencoding", array="true"))
    expected = arrays(ask(served, encoded(Image.fromarray(same)), tasks="autoencoding", array="true"))
    np.testing.assert_allclose(answer[0], expected[0], atol=TOLERANCE)


def test_a_jpeg_that_lies_on_its_side_is_turned_upright(served):
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held a quarter turn clockwise
    data = encoded(picture(), "JPEG", exif=turned, quality=95)
    upright = Image.open(io.BytesIO(data)).rotate(-90)
    answer = arrays(ask(served, data, media_type="image/jpeg", tasks="autoencoding", array="true"))
    expected = arrays(ask(served, encoded(upright), tasks="autoencoding", array="true"))
    np.testing.assert_allclose(answer[0], expected[0], atol=TOLERANCE)
    asleep = arrays(ask(served, encoded(picture()), tasks="autoencoding", array="true"))
    assert np.abs(answer[0] - asleep[0]).max() > 10 * TOLERANCE


def test_a_crowd_gets_the_answers_that_each_would_get_alone(served):
    images = [encoded(picture(seed)) for seed in range(16)]
    fields = {"tasks": "depth,colorization,scene_class", "array": "true"}
    alone = [arrays(ask(served, image, **fields)) for image in images]
    with ThreadPoolExecutor(len(images)) as executor:
        together = list(executor.map(lambda image: arrays(ask(served, image, **fields)), images))
    for one, other in zip(alone, together, strict=True):
        for expected, answer in zip(one, other, strict=True):
            np.testing.assert_allclose(answer, expected, atol=TOLERANCE, rtol=TOLERANCE)


def test_an_unknown_task_or_transfer_is_named(web):
    body = problem(ask(web, encoded(picture()), tasks="depth,telepathy", transfers="trf_none"), 422)
    assert [each["pointer"] for each in body["errors"]] == ["/tasks", "/transfers"]
    assert "telepathy" in body["errors"][0]["detail"]
    assert "trf_none" in body["errors"][1]["detail"]
    assert "inpainting" in problem(ask(web, encoded(picture()), tasks="inpainting"), 422)["detail"]


def test_more_transfers_than_one_request_may_ask_are_refused(web):
    body = problem(ask(web, encoded(picture()), transfers=",".join(f"trf_{i}" for i in range(1000))), 422)
    assert body["errors"][0]["pointer"] == "/transfers"


def test_no_image_or_no_task_is_refused(web):
    problem(web.post(INFER, data={"tasks": "all"}), 422)
    problem(ask(web, encoded(picture()), tasks=" , "), 422)


def test_an_imported_atlas_has_nothing_to_predict_with(web):
    body = problem(ask(web, encoded(picture()), url=f"/api/v1/atlases/{IMPORTED}/infer"), 409)
    assert "no networks" in body["detail"]
    problem(ask(web, encoded(picture()), url="/api/v1/atlases/atl_none/infer"), 404)


def test_a_file_that_is_neither_jpeg_nor_png_is_415(web):
    problem(ask(web, encoded(picture(), "GIF"), media_type="image/gif"), 415)
    problem(ask(web, b"not a picture", media_type="text/plain"), 415)


def test_a_damaged_picture_is_named(web):
    whole = encoded(picture(edge=200))
    body = problem(ask(web, whole, whole[: len(whole) // 2], tasks=TWO_IMAGES), 422)
    assert [each["pointer"] for each in body["errors"]] == ["/image/1"]


def test_a_picture_that_declares_too_many_pixels_is_413(web):
    header = struct.pack(">IIBBBBB", 8000, 8000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    problem(ask(web, data, tasks="depth"), 413)


def test_an_engine_that_is_not_there_is_503_until_it_is(world):
    settings = _elsewhere(world, "restart.sock", timeout_s=1.0)
    with TestClient(create_app(settings)) as client:
        image = encoded(picture())
        assert int(_busy(ask(client, image, tasks="depth"))) >= 1
        with engine(settings) as process:
            assert ask(client, image, tasks="depth").status_code == 200
            process.send_signal(signal.SIGSTOP)
            assert int(_busy(ask(client, image, tasks="depth"))) >= 1
            process.send_signal(signal.SIGCONT)
            assert ask(client, image, tasks="depth").status_code == 200
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            _busy(ask(client, image, tasks="depth"))
        with engine(settings):
            assert ask(client, image, tasks="depth").status_code == 200


def test_an_engine_that_has_too_much_to_do_is_503(world):
    settings = _elsewhere(world, "busy.sock", max_waiting=2)
    with _engine_here(world, settings), TestClient(create_app(settings)) as client:
        assert ask(client, encoded(picture()), tasks="depth,normals").status_code == 200
        assert _busy(ask(client, encoded(picture()), tasks="depth,normals,jigsaw")) == "1"


def test_what_a_client_that_left_had_asked_for_is_not_run(world):
    settings = _elsewhere(world, "left.sock", timeout_s=0.1, window_ms=1000.0)
    with _engine_here(world, settings) as health, TestClient(create_app(settings)) as client:
        _busy(ask(client, encoded(picture()), tasks="depth"))
        deadline = time.monotonic() + 30
        while health().waiting:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert health().networks_loaded == 0


def test_a_key_without_the_scope_may_not_infer(api, authorize):
    image = encoded(picture())
    problem(ask(api, image, headers=authorize(Scope.READ)), 403)
    problem(ask(api, image), 401)
    problem(ask(api, image, headers=authorize(Scope.INFER)), 404)


def _elsewhere(world, socket, **changes):
    url = f"unix:{world.settings.data / socket}"
    return replace(world.settings, inference=replace(world.settings.inference, url=url, **changes))


@contextmanager
def _engine_here(world, settings):
    """The inference application in this process, with limits that the environment does not set; its health."""
    path = settings.inference.url.removeprefix("unix:")
    application = create_engine(settings.inference, world.platform.artifacts)
    server = uvicorn.Server(uvicorn.Config(application, uds=path, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()

    def health():
        with httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url="http://engine") as http:
            return EngineHealth.model_validate_json(http.get("/healthz").content)

    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield health
    finally:
        server.should_exit = True
        thread.join()


def _busy(response):
    problem(response, 503)
    return response.headers["Retry-After"]
