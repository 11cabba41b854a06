from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.tasks.examples import laid_out
from models.training.loop import Run, Stage
from models.training.progress import Diverged, NullContext, Part, Stopped
from models.training.schedule import Optimisation

PLAN = Optimisation(steps=12, batch_size=4, learning_rate=0.05, weight_decay=0.01, warmup=0.2)
STAGES = (Stage("first", "training the first", 0.5, 1), Stage("second", "training the second", 0.5, 2))


class Recorder(NullContext):
    """A runner that keeps checkpoints as asked and may stop the run."""

    def __init__(
        self, checkpoint: bytes | None = None, save_every: int = 0, stop_after: int | None = None
    ) -> None:
        self.checkpoint = checkpoint
        self.reports: list[tuple[float, str]] = []
        self._save_every, self._stop_after, self._asked, self._steps = save_every, stop_after, 0, 0

    def progress(self, fraction: float, step: str) -> None:
        self.reports.append((fraction, step))

    def should_stop(self) -> bool:
        self._steps += 1
        return self._stop_after is not None and self._steps > self._stop_after

    def load_checkpoint(self) -> bytes | None:
        return self.checkpoint

    def checkpoint_due(self) -> bool:
        self._asked += 1
        return bool(self._save_every) and self._asked % self._save_every == 0

    def save_checkpoint(self, data: bytes) -> None:
        self.checkpoint = data


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1))


def noisy_loss(model: nn.Module) -> Callable[[NDArray[np.int64], torch.Generator], Tensor]:
    data = torch.randn(20, 2, 6, 6, generator=torch.Generator().manual_seed(3))

    def loss(indices: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        seen = data[indices]
        noise = torch.randn(seen.shape, generator=generator)
        return (model(seen + 0.1 * noise) - seen.mean(1, keepdim=True)[..., 1:-1, 1:-1]).square().mean()[None]

    return loss


def run_both(context: NullContext) -> list[Tensor]:
    run = Run(context, "a run")
    found = []
    for stage in STAGES:
        model = laid_out(network())
        losses = run.train(stage, model, PLAN, 20, noisy_loss(model))
        found += [torch.from_numpy(losses), *model.state_dict().values()]
    return found


@pytest.mark.parametrize("stop_after", [1, 5, 11, 12, 13, 20, 23])
@pytest.mark.parametrize("save_every", [1, 3, 4])
def test_a_stopped_and_resumed_run_gives_the_same_bits(stop_after: int, save_every: int) -> None:
    unbroken = run_both(NullContext())
    first = Recorder(save_every=save_every, stop_after=stop_after)
    with pytest.raises(Stopped):
        run_both(first)
    second = Recorder(first.checkpoint)
    resumed = run_both(second)
    assert all(torch.equal(a, b) for a, b in zip(unbroken, resumed, strict=True))
    if first.checkpoint is not None:
        assert len(second.reports) < 2 * PLAN.steps


def test_a_run_can_be_stopped_again_and_again() -> None:
    unbroken, checkpoint, resumed = run_both(NullContext()), None, None
    while resumed is None:
        context = Recorder(checkpoint, save_every=1, stop_after=2)
        try:
            resumed = run_both(context)
        except Stopped:
            assert context.checkpoint != checkpoint
            checkpoint = context.checkpoint
    assert all(torch.equal(a, b) for a, b in zip(unbroken, resumed, strict=True))


@pytest.mark.parametrize("foreign", [b"rubbish", None])
def test_a_checkpoint_of_something_else_is_passed_over(foreign: bytes | None) -> None:
    if foreign is None:
        context = Recorder(save_every=1, stop_after=3)
        model = network()
        with pytest.raises(Stopped):
            Run(context, "another run").train(STAGES[0], model, PLAN, 20, noisy_loss(model))
        foreign = context.checkpoint
    resumed = run_both(Recorder(foreign))
    assert all(torch.equal(a, b) for a, b in zip(run_both(NullContext()), resumed, strict=True))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_names_its_step(bad: float) -> None:
    model, calls = nn.Linear(1, 1), iter(range(100))

    def loss(indices: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        return model(torch.ones(1)) * (bad if next(calls) == 7 else 1.0)

    with pytest.raises(Diverged) as caught:
        Run(NullContext(), "a run").train(STAGES[0], model, PLAN, 20, loss)
    assert (caught.value.stage, caught.value.step) == ("first", 7)
    assert not np.isfinite(caught.value.loss)


def test_progress_never_falls_and_ends_at_the_end() -> None:
    context = Recorder()
    run_both(context)
    fractions = [fraction for fraction, _ in context.reports]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert context.reports[0][1] == "training the first, step 1 of 12"


def test_a_part_reports_within_its_stretch() -> None:
    whole = Recorder(b"kept")
    part = Part(whole, 0.2, 0.6)
    part.progress(0.5, "half way")
    part.save_checkpoint(b"new")
    assert whole.reports == [(pytest.approx(0.4), "half way")]
    assert part.load_checkpoint() == b"new"


def test_networks_that_share_nothing_train_as_if_alone() -> None:
    def alone(target: float) -> NDArray[np.float32]:
        weight = nn.Parameter(torch.zeros(1))
        holder = nn.ParameterList([weight])
        return Run(NullContext(), "r").train(
            STAGES[0], holder, PLAN, 20, lambda _i, _g: (weight - target).square()
        )[:, 0]

    weights = nn.Parameter(torch.zeros(2))
    targets = torch.tensor([1.0, -3.0])
    together = Run(NullContext(), "r").train(
        STAGES[0], nn.ParameterList([weights]), PLAN, 20, lambda _i, _g: (weights - targets).square()
    )
    assert np.allclose(together[:, 0], alone(1.0))
    assert np.allclose(together[:, 1], alone(-3.0))
