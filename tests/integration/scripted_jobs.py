"""Jobs whose course a test can follow: each writes a line to the file that its configuration names."""

import os
import time
from pathlib import Path

from jobs.base import JobContext, job
from models.training.progress import Diverged, Stopped


@job("test.steps")
def steps(context: JobContext) -> None:
    """Count to a number, a checkpoint after each step, and answer with the steps that this attempt took."""
    saved = context.load_checkpoint()
    first = done = 0 if saved is None else int(saved)
    _write(context, f"{os.getpid()} begins at {first}")
    while done < context.config["steps"]:
        if context.should_stop():
            raise Stopped("counting")
        time.sleep(context.config.get("step_s", 0.02))
        done += 1
        if context.checkpoint_due():
            context.save_checkpoint(str(done).encode())
        context.progress(done / context.config["steps"], f"step {done}")
    with context.commit({"first": first, "worker": context.lease.worker}):
        _write(context, f"{os.getpid()} commits")


@job("test.diverges")
def diverges(context: JobContext) -> None:
    """Fail as a training does."""
    raise Diverged("network", 7, float("nan"))


@job("test.misses")
def misses(context: JobContext) -> None:
    """Ask for an artefact that is not there."""
    context.platform.artifacts.get("0" * 64)


@job("test.trips")
def trips(context: JobContext) -> None:
    """Fail at the first attempt as with a full disk, then succeed."""
    if context.lease.attempt == 1:
        raise OSError(28, "No space left on device")


def _write(context: JobContext, line: str) -> None:
    with Path(context.config["file"]).open("a") as file:
        file.write(f"{line}\n")
