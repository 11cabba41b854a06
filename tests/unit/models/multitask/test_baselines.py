import pytest
import torch

from models.multitask.baselines import GradNorm, Separate, Weighted
from tests.unit.models.multitask.steps import LinearTasks


def test_fixed_weights_weigh_the_gradients_of_shared_and_head_parameters() -> None:
    tasks = LinearTasks(2)
    found, heads, weights = tasks.backward(Weighted(torch.tensor([0.25, 0.75])))
    shared = tasks.gradients(lambda net, _: net.shared.weight)
    own = tasks.gradients(lambda net, task: net.heads[task].weight)
    torch.testing.assert_close(found, 0.25 * shared[0] + 0.75 * shared[1])
    torch.testing.assert_close(heads[1], 0.75 * own[1])
    assert weights.tolist() == [0.25, 0.75]


def test_separate_tasks_have_no_weights() -> None:
    tasks = LinearTasks(2)
    found, heads, weights = tasks.backward(Separate())
    own = tasks.gradients(lambda net, task: net.heads[task].weight)
    torch.testing.assert_close(heads[0], own[0])
    torch.testing.assert_close(
        found, sum(tasks.gradients(lambda net, _: net.shared.weight), torch.zeros(5, 4))
    )
    assert weights is None


class TestGradNorm:
    def learned(self, tasks: LinearTasks, asymmetry: float, steps: int = 400) -> GradNorm:
        method = GradNorm(len(tasks.heads), asymmetry)
        optimiser = torch.optim.Adam(method.parameters(), lr=0.01)
        for _ in range(steps):
            optimiser.zero_grad()
            tasks.backward(method)
            optimiser.step()
        tasks.backward(method)  # brings the weights back to their sum
        return method

    def test_begins_as_uniform_scaling(self) -> None:
        tasks = LinearTasks(3)
        found, _, weights = tasks.backward(GradNorm(3, 1.5))
        torch.testing.assert_close(weights, torch.full((3,), 1 / 3))
        torch.testing.assert_close(
            found, sum(tasks.gradients(lambda net, _: net.shared.weight), torch.zeros(5, 4)) / 3
        )

    def test_brings_gradients_to_one_length_where_tasks_learn_alike(self) -> None:
        tasks = LinearTasks(2, (1.0, 10.0))
        method = self.learned(tasks, asymmetry=0.0)
        norms = torch.stack([each.norm() for each in tasks.gradients(lambda net, _: net.shared.weight)])
        lengths = method.weights.detach() * norms
        assert float(lengths[0] / lengths[1]) == pytest.approx(1.0, abs=0.15)

    def test_weights_keep_the_sum_of_the_tasks(self) -> None:
        method = self.learned(LinearTasks(3, (1.0, 5.0, 20.0)), asymmetry=1.5)
        assert float(method.weights.detach().sum()) == pytest.approx(3.0, rel=1e-5)
        assert (method.weights.detach() > 0).all()

    def test_a_task_that_learned_less_gets_the_longer_gradient(self) -> None:
        tasks = LinearTasks(2)
        method = GradNorm(2, 1.5)
        tasks.backward(method)
        method.first_losses[1] *= 10  # as if the second had fallen to a tenth
        tasks.backward(method)
        grad = method.weights.grad
        assert grad is not None
        assert grad[0] < 0 < grad[1]
