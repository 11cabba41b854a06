"""Settings: one small frozen group per concern, read once from the environment and passed down."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.cores import available_cores
from app.core.embedded import embedded_redis_url

_MIB = 1024 * 1024
_MOST_WORKERS = 4  # that are started unasked: each holds torch and a task's images in memory


class SettingsError(ValueError):
    """A variable of the environment holds what it cannot; the message names it and what it takes."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the service listens and how much it takes in one request.

    Attributes:
        host: address to listen on (TASKATLAS_HOST).
        port: port to listen on (TASKATLAS_PORT).
        max_body_bytes: a larger request body is answered 413 (TASKATLAS_MAX_BODY_MIB).
        log_level: of the service's own loggers (TASKATLAS_LOG_LEVEL).
    """

    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 64 * _MIB
    log_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """The database (TASKATLAS_DATABASE_URL): `sqlite:///path` or `postgresql+psycopg://…`."""

    url: str


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The broker (TASKATLAS_REDIS_URL): `redis://host:port/db`, or `unix:///path` of a socket."""

    url: str

    @property
    def broker_url(self) -> str:
        """The same address as Celery spells it, where the Redis library's spelling differs."""
        if self.url.startswith("unix://"):
            return "redis+socket://" + self.url.removeprefix("unix://")
        return self.url


@dataclass(frozen=True, slots=True)
class ArtifactSettings:
    """The artefact store (TASKATLAS_ARTIFACTS_URL): a folder or any fsspec address such as `s3://bucket/prefix`."""

    url: str


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers hold their jobs. All times in seconds.

    Attributes:
        name: stable across restarts, so that a restarted worker frees its own leases (TASKATLAS_WORKER_NAME).
        lease_s: a job whose worker is silent for longer is queued again (TASKATLAS_LEASE_S).
        heartbeat_s: how often a lease is renewed.
        sweep_s: how often each worker looks for jobs to ring again (TASKATLAS_SWEEP_S).
        ring_again_s: a queued job that nobody claimed for longer is rung again.
        checkpoint_s: least time between two checkpoints of a job (TASKATLAS_CHECKPOINT_S).
        progress_s: least time between two stored reports of progress.
        retry_s: how long a job waits after its first loss; twice as long after each further one (TASKATLAS_RETRY_S).
        max_losses: how often in a row a job may be lost without getting on before it fails (TASKATLAS_MAX_LOSSES).
        imports: further modules with job handlers (TASKATLAS_WORKER_IMPORTS, comma-separated).
        processes: workers that `taskatlas up` starts (TASKATLAS_WORKERS).
        threads: that torch computes with in each worker (TASKATLAS_WORKER_THREADS); None = those workers share the
            cores that `taskatlas up` starts, and one that is started alone uses them all.
    """

    name: str
    lease_s: float = 30.0
    heartbeat_s: float = 3.0
    sweep_s: float = 5.0
    ring_again_s: float = 15.0
    checkpoint_s: float = 10.0
    progress_s: float = 0.5
    retry_s: float = 5.0
    max_losses: int = 5
    imports: tuple[str, ...] = ()
    processes: int = 1
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class InferenceSettings:
    """The inference process and how the web process reaches it.

    Attributes:
        url: `unix:/path/to/socket` or `http://host:port` (TASKATLAS_INFERENCE_URL).
        timeout_s: how long a prediction may take (TASKATLAS_INFERENCE_TIMEOUT_S).
        cache_bytes: weights kept in memory (TASKATLAS_INFERENCE_CACHE_MIB).
        window_ms: how long the first request of a micro-batch waits for others.
        max_batch: most images in a micro-batch.
        max_waiting: with more in the queue, a request is answered 503.
        threads: of one network's arithmetic (TASKATLAS_INFERENCE_THREADS). Several wait for each other: beside
            busy workers they make small networks slower, and large ones faster on a machine of their own.
    """

    url: str
    timeout_s: float = 30.0
    cache_bytes: int = 1024 * _MIB
    window_ms: float = 3.0
    max_batch: int = 32
    max_waiting: int = 512
    threads: int = 1


@dataclass(frozen=True, slots=True)
class DatasetSettings:
    """Where data sets may lie (TASKATLAS_DATASET_ROOTS, colon-separated) and where rendered ones are cached."""

    roots: tuple[Path, ...]
    cache: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment says, and the data folder (TASKATLAS_DATA) of the embedded parts."""

    data: Path
    server: ServerSettings
    database: DatabaseSettings
    queue: QueueSettings
    artifacts: ArtifactSettings
    worker: WorkerSettings
    inference: InferenceSettings
    datasets: DatasetSettings

    @property
    def embedded_database(self) -> bool:
        """Whether the database is the SQLite file of the data folder."""
        return self.database.url == _sqlite_url(self.data)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        environ: variables; the process's own by default.

    Raises:
        SettingsError: A variable does not hold what it should.
    """
    env = _Environment(os.environ if environ is None else environ)
    data = Path(env.text("TASKATLAS_DATA", "data")).expanduser().absolute()
    roots = env.text("TASKATLAS_DATASET_ROOTS", str(Path.cwd()))
    imports = env.text("TASKATLAS_WORKER_IMPORTS", "")
    return Settings(
        data=data,
        server=ServerSettings(
            host=env.text("TASKATLAS_HOST", "127.0.0.1"),
            port=env.integer("TASKATLAS_PORT", 8000),
            max_body_bytes=env.integer("TASKATLAS_MAX_BODY_MIB", 64) * _MIB,
            log_level=env.choice("TASKATLAS_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        ),
        database=DatabaseSettings(env.text("TASKATLAS_DATABASE_URL", _sqlite_url(data))),
        queue=QueueSettings(env.text("TASKATLAS_REDIS_URL", embedded_redis_url(data))),
        artifacts=ArtifactSettings(env.text("TASKATLAS_ARTIFACTS_URL", str(data / "artifacts"))),
        worker=WorkerSettings(
            name=env.text("TASKATLAS_WORKER_NAME", f"worker@{socket.gethostname()}"),
            lease_s=env.seconds("TASKATLAS_LEASE_S", 30.0),
            heartbeat_s=env.seconds("TASKATLAS_LEASE_S", 30.0) / 10,
            sweep_s=env.seconds("TASKATLAS_SWEEP_S", 5.0),
            ring_again_s=env.seconds("TASKATLAS_SWEEP_S", 5.0) * 3,
            checkpoint_s=env.seconds("TASKATLAS_CHECKPOINT_S", 10.0),
            retry_s=env.seconds("TASKATLAS_RETRY_S", 5.0),
            max_losses=env.integer("TASKATLAS_MAX_LOSSES", 5),
            imports=tuple(name.strip() for name in imports.split(",") if name.strip()),
            processes=env.count("TASKATLAS_WORKERS", min(available_cores(), _MOST_WORKERS)),
            threads=env.integer("TASKATLAS_WORKER_THREADS", 0) or None,
        ),
        inference=InferenceSettings(
            url=env.text("TASKATLAS_INFERENCE_URL", f"unix:{_inference_socket(data)}"),
            timeout_s=env.seconds("TASKATLAS_INFERENCE_TIMEOUT_S", 30.0),
            cache_bytes=env.integer("TASKATLAS_INFERENCE_CACHE_MIB", 1024) * _MIB,
            threads=max(1, env.integer("TASKATLAS_INFERENCE_THREADS", 1)),
        ),
        datasets=DatasetSettings(
            roots=tuple(Path(root).expanduser().absolute() for root in roots.split(":") if root),
            cache=data / "cache",
        ),
    )


def _sqlite_url(data: Path) -> str:
    return f"sqlite:///{data / 'taskatlas.db'}"


def _inference_socket(data: Path) -> Path:
    # Beside the broker's socket: that place is already short enough for a socket's address.
    redis = Path(embedded_redis_url(data).split("://", 1)[1].split("?", 1)[0])
    return redis.with_name("inference.sock")


@dataclass(frozen=True, slots=True)
class _Environment:
    variables: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        return self.variables.get(name, "").strip() or default

    def integer(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal():
            raise SettingsError(f"{name} is {value!r}; it takes a whole number")
        return int(value)

    def count(self, name: str, default: int) -> int:
        value = self.integer(name, default)
        if value < 1:
            raise SettingsError(f"{name} is {value}; it takes a number above 0")
        return value

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 < number < float("inf"):
            raise SettingsError(f"{name} is {value!r}; it takes a number of seconds above 0")
        return number

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default).upper()
        if value not in allowed:
            raise SettingsError(f"{name} is {value!r}; it takes one of {', '.join(allowed)}")
        return value
