"""Settings come from the environment, and one that makes no sense is one clear line."""

from pathlib import Path

import pytest

from app.core.embedded import embedded_redis_url
from app.core.settings import QueueSettings, SettingsError, load_settings


def test_without_a_variable_everything_is_embedded_below_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    data = tmp_path / "data"
    assert settings.data == data
    assert settings.database.url == f"sqlite:///{data / 'taskatlas.db'}"
    assert settings.queue.url == embedded_redis_url(data)
    assert settings.artifacts.url == str(data / "artifacts")
    assert settings.datasets.roots == (tmp_path,)
    assert settings.embedded_database
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)


def test_addresses_replace_the_embedded_parts(tmp_path):
    settings = load_settings(
        {
            "TASKATLAS_DATA": str(tmp_path),
            "TASKATLAS_DATABASE_URL": "postgresql+psycopg://u:p@db/atlas",
            "TASKATLAS_REDIS_URL": "redis://broker:6379/3",
            "TASKATLAS_ARTIFACTS_URL": "s3://bucket/prefix",
            "TASKATLAS_DATASET_ROOTS": "/a:/b:",
            "TASKATLAS_WORKER_IMPORTS": "one.jobs, two.jobs,",
            "TASKATLAS_LOG_LEVEL": "debug",
            "TASKATLAS_MAX_BODY_MIB": "2",
            "TASKATLAS_LEASE_S": "10",
        }
    )
    assert settings.database.url == "postgresql+psycopg://u:p@db/atlas"
    assert not settings.embedded_database
    assert settings.queue.broker_url == "redis://broker:6379/3"
    assert settings.artifacts.url == "s3://bucket/prefix"
    assert settings.datasets.roots == (Path("/a"), Path("/b"))
    assert settings.worker.imports == ("one.jobs", "two.jobs")
    assert settings.server.log_level == "DEBUG"
    assert settings.server.max_body_bytes == 2 * 2**20
    assert settings.worker.heartbeat_s < settings.worker.lease_s / 2, "a lease survives a missed heartbeat"


def test_an_empty_variable_counts_as_none():
    assert load_settings({"TASKATLAS_PORT": " "}).server.port == 8000


def test_celery_spells_sockets_its_own_way():
    assert QueueSettings("unix:///run/redis.sock").broker_url == "redis+socket:///run/redis.sock"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TASKATLAS_PORT", "eighty"),
        ("TASKATLAS_PORT", "-1"),
        ("TASKATLAS_PORT", "8000.5"),
        ("TASKATLAS_MAX_BODY_MIB", "many"),
        ("TASKATLAS_LOG_LEVEL", "loud"),
        ("TASKATLAS_LEASE_S", "0"),
        ("TASKATLAS_LEASE_S", "-3"),
        ("TASKATLAS_SWEEP_S", "inf"),
        ("TASKATLAS_SWEEP_S", "nan"),
        ("TASKATLAS_RETRY_S", "soon"),
        ("TASKATLAS_WORKERS", "0"),
    ],
)
def test_a_value_that_makes_no_sense_is_one_line_that_names_it(name, value):
    with pytest.raises(SettingsError) as error:
        load_settings({name: value})
    message = str(error.value)
    assert "\n" not in message
    assert name in message
    assert value.upper() in message.upper()
    assert "it takes" in message
