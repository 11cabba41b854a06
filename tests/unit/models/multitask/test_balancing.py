import torch
from torch import Tensor, nn
from typing_extensions import override

from models.multitask.balancing import Balancer, Step, jacobian, set_gradients
from models.multitask.baselines import Weighted
from models.multitask.config import MultitaskConfig
from models.multitask.evaluation import mean_losses
from models.multitask.examples import SharedExamples, fitted_definitions
from models.multitask.network import fresh_network, parameters_of
from models.tasks.examples import laid_out
from tests.unit.models.multitask.steps import GENERATOR
from tests.unit.models.multitask.tiny import CONFIG, TinyViews

VIEWS = TinyViews()
DEFINITIONS = fitted_definitions(CONFIG, VIEWS)
EXAMPLES = SharedExamples(DEFINITIONS, VIEWS, "train")


class MeanOfRows(Balancer):
    """Uniform scaling the long way: by the gradients of every task."""

    @override
    def backward(self, step: Step, generator: torch.Generator) -> Tensor:
        rows = jacobian(step)
        set_gradients(step.shared, rows.mean(0))
        return torch.full((len(rows),), 1 / len(rows))


def one_step(method: Balancer, config: MultitaskConfig = CONFIG) -> list[nn.Parameter]:
    """Parameters, shared ones first, after one step of a fused optimiser, with the gradients of that step."""
    network = laid_out(fresh_network(config, DEFINITIONS, 0, shared=True)).eval()
    shared, heads = parameters_of(network)
    parameters = [*shared, *(each for head in heads for each in head)]
    optimiser = torch.optim.SGD(parameters, lr=0.1, fused=True)
    positions = torch.arange(16).numpy()
    read = network.representations(EXAMPLES.images(positions))
    losses = mean_losses(
        EXAMPLES.definitions, network.predictions(read), EXAMPLES.targets(positions, GENERATOR)
    )
    step = Step(representation=read[0], read=read, losses=losses, shared=shared, heads=heads)
    method.backward(step, GENERATOR)
    optimiser.step()
    return parameters


def test_gradients_lie_in_memory_as_their_parameters_do() -> None:
    parameters = one_step(MeanOfRows())
    assert any(not parameter.is_contiguous() for parameter in parameters)
    for parameter in parameters:
        assert parameter.grad is not None
        assert parameter.grad.stride() == parameter.stride()


def test_a_step_by_the_tasks_gradients_is_the_step_by_their_mean_loss() -> None:
    tasks = len(CONFIG.tasks)
    long, short = one_step(MeanOfRows()), one_step(Weighted(torch.full((tasks,), 1 / tasks)))
    network = fresh_network(CONFIG, DEFINITIONS, 0, shared=True)
    for one, other in zip(long[: len(parameters_of(network)[0])], short, strict=False):
        torch.testing.assert_close(one.detach(), other.detach(), rtol=1e-4, atol=1e-6)
