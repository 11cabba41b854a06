from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from models.multitask.config import NORMALIZATIONS, MultitaskConfig, Normalization
from models.multitask.mgda import Mgda, MgdaUb
from models.multitask.min_norm import min_norm
from tests.unit.models.multitask.steps import GENERATOR, LinearTasks, gradient
from tests.unit.models.multitask.tiny import CONFIG

TWO = replace(CONFIG, tasks=("side", "colour"))


def shared_rows(tasks: LinearTasks) -> Tensor:
    return torch.stack([each.flatten() for each in tasks.gradients(lambda net, _: net.shared.weight)])


def config(count: int, **changes: object) -> MultitaskConfig:
    return replace(CONFIG, tasks=tuple(f"task_{number}" for number in range(count)), **changes)


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_shared_gradient_is_the_min_norm_point_of_the_tasks_gradients(count: int) -> None:
    tasks = LinearTasks(count)
    found, _, weights = tasks.backward(Mgda(config(count)))
    rows = shared_rows(tasks)
    solved = min_norm((rows @ rows.T).double().numpy())
    torch.testing.assert_close(weights, torch.from_numpy(solved.weights).float(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.flatten(), weights @ rows)
    assert float(found.norm()) == pytest.approx(np.sqrt(solved.squared_norm), rel=1e-3)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("kind", [Mgda, MgdaUb])
def test_no_task_gets_worse_along_the_step(kind: type[Mgda], normalization: Normalization) -> None:
    tasks = LinearTasks(3, (1.0, 100.0, 0.01))
    _, _, weights = tasks.backward(kind(config(3, normalization=normalization)))
    rows = shared_rows(tasks) if kind is Mgda else tasks.representation_gradients()
    step = weights @ rows
    assert (rows @ step >= -1e-4 * rows.norm(dim=1) * step.norm()).all()


@pytest.mark.parametrize("kind", [Mgda, MgdaUb])
def test_heads_follow_their_own_gradients(kind: type[Mgda]) -> None:
    tasks = LinearTasks(3)
    _, heads, _ = tasks.backward(kind(config(3)))
    own = tasks.gradients(lambda net, task: net.heads[task].weight)
    for found, wanted in zip(heads, own, strict=True):
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("kind", [Mgda, MgdaUb])
def test_scaled_heads_follow_their_gradients_times_the_weight(kind: type[Mgda]) -> None:
    tasks = LinearTasks(3)
    _, heads, weights = tasks.backward(kind(config(3, heads="scaled")))
    own = tasks.gradients(lambda net, task: net.heads[task].weight)
    for found, wanted, weight in zip(heads, own, weights, strict=True):
        torch.testing.assert_close(found, weight * wanted)


def test_the_upper_bound_takes_its_weights_from_the_representation_and_goes_back_once() -> None:
    tasks = LinearTasks(3)
    found, _, weights = tasks.backward(MgdaUb(config(3)))
    rows = tasks.representation_gradients()
    solved = min_norm((rows @ rows.T).double().numpy())
    torch.testing.assert_close(weights, torch.from_numpy(solved.weights).float(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.flatten(), weights @ shared_rows(tasks))


def test_equal_tasks_share_the_weight_or_not_but_step_along_the_common_gradient() -> None:
    tasks = LinearTasks(2)
    tasks.heads[1].load_state_dict(tasks.heads[0].state_dict())
    tasks.targets[1] = tasks.targets[0]
    found, _, weights = tasks.backward(Mgda(config(2)))
    torch.testing.assert_close(found.flatten(), shared_rows(tasks)[0])
    assert float(weights.sum()) == pytest.approx(1.0)


def test_normalised_gradients_make_the_weights_blind_to_the_scale_of_a_loss() -> None:
    plain, scaled = LinearTasks(2), LinearTasks(2, (1.0, 1000.0))
    shares: list[Tensor] = []
    for tasks in (plain, scaled):
        rows = shared_rows(tasks)
        _, _, weights = tasks.backward(Mgda(config(2, normalization="l2")))
        parts = weights * rows.norm(dim=1)
        shares.append(parts / parts.sum())
    torch.testing.assert_close(shares[0], shares[1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", [Mgda, MgdaUb])
def test_improvements_are_in_proportion_to_the_preference(kind: type[Mgda]) -> None:
    preference = torch.tensor([0.2, 0.8])
    tasks = LinearTasks(2, seed=0)  # whose gradients conflict
    _, _, weights = tasks.backward(kind(config(2), preference))
    rows = shared_rows(tasks) if kind is Mgda else tasks.representation_gradients()
    assert (weights > 0).all()  # the point is inside the hull, so that both improve
    first, second = (rows @ (weights @ rows)).tolist()
    assert second / first == pytest.approx(4.0, rel=1e-2)


@pytest.mark.parametrize("kind", [Mgda, MgdaUb])
def test_a_task_of_which_nothing_is_asked_does_not_get_worse(kind: type[Mgda]) -> None:
    tasks = LinearTasks(2, seed=0)  # whose gradients conflict
    _, _, weights = tasks.backward(kind(config(2), torch.tensor([0.0, 1.0])))
    rows = shared_rows(tasks) if kind is Mgda else tasks.representation_gradients()
    first, second = (rows @ (weights @ rows)).tolist()
    assert second > 0
    assert first == pytest.approx(0, abs=1e-3 * second)


def test_a_gradient_that_is_no_number_is_left_for_the_loss_to_tell() -> None:
    tasks = LinearTasks(2)
    tasks.targets[0, 0] = torch.inf
    weights = Mgda(TWO).backward(tasks.step(Mgda(TWO)), GENERATOR)
    assert weights.tolist() == [0.5, 0.5]


def test_a_zero_gradient_stops_the_shared_network_and_no_head() -> None:
    tasks = LinearTasks(2, (0.0, 1.0))
    found, heads, weights = tasks.backward(Mgda(TWO))
    assert weights.tolist() == [1.0, 0.0]
    assert float(found.norm()) == 0.0
    assert float(heads[1].norm()) > 0


def test_a_step_lowers_all_losses_until_none_can_be() -> None:
    tasks = LinearTasks(2)
    method = Mgda(TWO)
    parameters = [tasks.shared.weight, *(head.weight for head in tasks.heads)]
    optimiser = torch.optim.SGD(parameters, lr=0.02)
    before = tasks.step(method).losses.detach()
    for _ in range(200):
        optimiser.zero_grad()
        method.backward(tasks.step(method), GENERATOR)
        optimiser.step()
        after = tasks.step(method).losses.detach()
        assert (after <= before + 1e-5).all()
        before = after
    assert float(gradient(tasks.shared.weight).norm()) < 0.05
