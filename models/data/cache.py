"""Arrays in a folder, each made once by one of the processes that need it, and mapped from disk by all."""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.progress import RunContext, Stopped

_SCRATCH = ".rendering-"
_POLL_S = 0.1


class ArrayFolder:
    """Named arrays of a folder that any number of processes may share: files appear whole.

    Args:
        folder: made when needed.
        prefix: of the file names: what the arrays belong to.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder, self._prefix = folder, prefix

    def load(self, names: Collection[str]) -> dict[str, NDArray[np.generic]]:
        """Arrays that are there, mapped from disk, copied on write."""
        return {name: np.load(self._path(name), mmap_mode="c", allow_pickle=False) for name in names}

    def produce(
        self, names: Collection[str], context: RunContext, write: Callable[[Collection[str], Path], None]
    ) -> None:
        """Make what is missing of `names`; where another process is at it, wait for that.

        Args:
            names: of arrays.
            context: may stop the wait.
            write: makes the named arrays, as `NAME.npy`, in an empty folder.

        Raises:
            Stopped: the context asked for it while another process was at work.
        """
        if not self._missing(names):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with _alone(self._folder, context):
            # Another process may have made them meanwhile.
            if not (missing := self._missing(names)):
                return
            with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=self._folder) as scratch:
                write(missing, Path(scratch))
                for name in missing:
                    os.replace(Path(scratch) / f"{name}.npy", self._path(name))  # noqa: PTH105 - atomic

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._prefix}{name}.npy"

    def _missing(self, names: Collection[str]) -> list[str]:
        return sorted(name for name in set(names) if not self._path(name).exists())


class GrowingArrays:
    """Files `NAME.npy` of a folder that are filled from chunk to chunk; the first chunk says dtypes and shapes.

    Args:
        folder: that `ArrayFolder.produce` hands out.
        count: rows of every array in the end.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count
        self._arrays: dict[str, np.memmap] = {}
        self._done = 0

    @property
    def done(self) -> float:
        """The share of rows that are there."""
        return self._done / self._count

    def add(self, chunk: Mapping[str, NDArray[np.generic]]) -> None:
        """Write the next rows of every array: equally many of each, the same arrays in every chunk."""
        rows = 0
        for name, values in chunk.items():
            if name not in self._arrays:
                self._arrays[name] = np.lib.format.open_memmap(
                    self._folder / f"{name}.npy",
                    mode="w+",
                    dtype=values.dtype,
                    shape=(self._count, *values.shape[1:]),
                )
            rows = len(values)
            self._arrays[name][self._done : self._done + rows] = values
        self._done += rows

    def flush(self) -> None:
        """Bring everything to the disk."""
        for array in self._arrays.values():
            array.flush()


def keep_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all; its folder is made when needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".kept-", delete=False, encoding="utf-8"
    ) as scratch:
        json.dump(value, scratch)
    os.replace(scratch.name, path)  # noqa: PTH105 - atomic


@contextmanager
def _alone(folder: Path, context: RunContext) -> Generator[None]:
    """Keep other processes from writing into the folder; the kernel lets go of it however this one ends.

    Raises:
        Stopped: the context asked for it while another process was at work.
    """
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if context.should_stop():
                    text = "waiting for views that another process prepares"
                    raise Stopped(text) from None
                time.sleep(_POLL_S)
        for left_by_a_killed_process in folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left_by_a_killed_process)
        yield
