"""Artefacts are named by their content, whole or absent, in a folder as in an object store."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import fsspec
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from app.core.artifacts import build_artifact_store
from app.core.settings import ArtifactSettings


@pytest.fixture(scope="module")
def s3_address():
    """Address of a real HTTP server that speaks S3, on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_url(s3_address, monkeypatch, tmp_path):
    for name, value in {
        "AWS_ENDPOINT_URL": s3_address,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    yield f"s3://{bucket}/some/prefix"
    fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.fixture(params=["folder", "s3"])
def url(request, tmp_path):
    if request.param == "folder":
        return str(tmp_path / "artifacts")
    return request.getfixturevalue("s3_url")


@pytest.fixture
def store(url):
    return build_artifact_store(ArtifactSettings(url))


def files(url):
    """Every stored file by path, as another process would see them."""
    filesystem, root = fsspec.url_to_fs(url, use_listings_cache=False)
    filesystem.invalidate_cache()
    return {path: filesystem.cat_file(path) for path in filesystem.find(root)}


def test_bytes_come_back_under_the_name_of_their_hash(store):
    data = bytes(range(256)) * 100
    artifact = store.put(data)
    assert artifact == hashlib.sha256(data).hexdigest()
    assert store.get(artifact) == data
    assert store.exists(artifact)
    assert store.get(store.put(b"")) == b""


def test_a_bucket_that_is_missing_is_made_once(s3_url):
    settings = ArtifactSettings(s3_url.replace("s3://", "s3://new-"))
    with pytest.raises(OSError, match="bucket"):
        build_artifact_store(settings).put(b"nowhere")
    for _ in range(2):
        build_artifact_store(settings).prepare()
    store = build_artifact_store(settings)
    assert store.get(store.put(b"there")) == b"there"


def test_equal_content_is_one_artefact(store, url):
    assert store.put(b"same") == store.put(b"same")
    assert list(files(url).values()) == [b"same"]


def test_one_that_is_missing_says_so(store):
    missing = hashlib.sha256(b"never stored").hexdigest()
    assert not store.exists(missing)
    with pytest.raises(FileNotFoundError):
        store.get(missing)


def test_a_deleted_artefact_is_gone_and_deleting_it_again_is_no_error(store):
    artifact = store.put(b"data")
    store.delete(artifact)
    store.delete(artifact)
    assert not store.exists(artifact)
    assert store.put(b"data") == artifact
    assert store.exists(artifact)


def test_a_damaged_artefact_is_not_handed_out(store, url):
    artifact = store.put(b"data")
    filesystem, _ = fsspec.url_to_fs(url)
    [path] = files(url)
    filesystem.pipe_file(path, b"dada")
    with pytest.raises(OSError, match="damaged"):
        store.get(artifact)


def test_arrays_and_documents_come_back_as_they_were(store):
    arrays = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array(["x", "yy"])}
    artifact = store.put_arrays(arrays)
    found = store.get_arrays(artifact)
    assert set(found) == {"a", "b"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert store.put_arrays(dict(reversed(arrays.items()))) == artifact, "equal arrays are one artefact"
    document = {"z": [1, None], "ä": "ö"}
    assert store.get_json(store.put_json(document)) == document


def test_objects_are_neither_pickled_nor_unpickled(store):
    with pytest.raises(ValueError, match="allow_pickle"):
        store.put_arrays({"a": np.array([{"an": "object"}], dtype=object)})


def test_many_may_store_the_same_at_once(store, url):
    data = b"x" * 100_000
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: store.put(data), range(16)))
    assert len(names) == 1
    assert list(files(url).values()) == [data]


def test_what_another_process_stores_is_seen(url, store):
    artifact = hashlib.sha256(b"theirs").hexdigest()
    assert not store.exists(artifact)
    assert build_artifact_store(ArtifactSettings(url)).put(b"theirs") == artifact
    assert store.exists(artifact)


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path):
    """A process that may write no file beyond 64 KiB stands for a disk that is full."""
    code = (
        "import resource, sys\n"
        "from app.core.artifacts import build_artifact_store\n"
        "from app.core.settings import ArtifactSettings\n"
        "store = build_artifact_store(ArtifactSettings(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "small = store.put(b'small')\n"
        "try:\n    store.put(b'x' * 100_000)\n"
        "except OSError as error:\n    print(error.strerror)\n"
        "assert store.get(small) == b'small'\n"
    )
    folder = tmp_path / "artifacts"
    output = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "File too large"
    assert [path.read_bytes() for path in folder.rglob("*") if path.is_file()] == [b"small"]


def test_a_store_out_of_reach_is_an_oserror(tmp_path):
    store = build_artifact_store(ArtifactSettings(str(tmp_path / "artifacts")))
    Path(tmp_path / "artifacts").rmdir()
    Path(tmp_path / "artifacts").write_text("a file is where the folder was")
    with pytest.raises(OSError, match=r"exists|directory"):
        store.put(b"data")
