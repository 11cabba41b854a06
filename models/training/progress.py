"""What a long computation asks of whoever runs it: a place for progress, checkpoints and the wish to stop."""

from typing import Protocol


class RunContext(Protocol):
    """The runner's side of a training: a worker, a notebook or a test.

    `models/` has no clock and no storage of its own, so the runner decides when a checkpoint is due and where
    it is kept. Progress reports must never fail a run.
    """

    def progress(self, fraction: float, step: str) -> None:
        """Take note of the finished `fraction` (0 to 1, never falling) and of what is being done."""
        ...

    def should_stop(self) -> bool:
        """Whether the run was cancelled; asked before each optimiser step."""
        ...

    def load_checkpoint(self) -> bytes | None:
        """The last checkpoint that an earlier attempt of this run saved, if any."""
        ...

    def checkpoint_due(self) -> bool:
        """Whether it is time to save; asked after each optimiser step."""
        ...

    def save_checkpoint(self, data: bytes) -> None:
        """Keep `data` in place of the last checkpoint."""
        ...


class Stopped(Exception):
    """The runner asked the computation to stop."""


class Diverged(ArithmeticError):
    """A training loss was NaN or infinite.

    Attributes:
        stage: the part of the run that diverged.
        step: the optimiser step (from 0) whose loss it was.
        loss: NaN or an infinity.
    """

    def __init__(self, stage: str, step: int, loss: float) -> None:
        super().__init__(f"{stage}: the loss is {loss} at step {step}")
        self.stage = stage
        self.step = step
        self.loss = loss


class NullContext:
    """A runner that keeps nothing and never stops, for notebooks and tests."""

    def progress(self, fraction: float, step: str) -> None:
        """Forget the report."""

    def should_stop(self) -> bool:
        """Never."""
        return False

    def load_checkpoint(self) -> bytes | None:
        """Nothing was kept."""
        return None

    def checkpoint_due(self) -> bool:
        """Never."""
        return False

    def save_checkpoint(self, data: bytes) -> None:
        """Forget the data."""


class Part:
    """A stretch of a longer run: its progress from 0 to 1 is the whole run's from `start` to `end`.

    Args:
        whole: the runner of the whole.
        start: where the stretch begins, in [0, 1].
        end: where it ends, in [start, 1].
    """

    def __init__(self, whole: RunContext, start: float, end: float) -> None:
        self._whole, self._start, self._end = whole, start, end

    def progress(self, fraction: float, step: str) -> None:
        """Report as a part of the whole."""
        self._whole.progress(self._start + (self._end - self._start) * fraction, step)

    def should_stop(self) -> bool:
        """As the whole."""
        return self._whole.should_stop()

    def load_checkpoint(self) -> bytes | None:
        """The whole's."""
        return self._whole.load_checkpoint()

    def checkpoint_due(self) -> bool:
        """As the whole."""
        return self._whole.checkpoint_due()

    def save_checkpoint(self, data: bytes) -> None:
        """The whole's."""
        self._whole.save_checkpoint(data)
