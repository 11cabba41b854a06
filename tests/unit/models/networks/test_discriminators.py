import pytest
import torch
from torch import nn

from models.networks.discriminators import Discriminators, reversed_product


def fresh(count: int = 3, inputs: int = 5, width: int = 4) -> Discriminators:
    made = Discriminators(count, inputs, width)
    made.initialise(torch.Generator().manual_seed(1))
    return made.double()


def separate(of: Discriminators, k: int) -> nn.Sequential:
    """Discriminator k as a network of its own."""
    layers = nn.Sequential(
        nn.Linear(of.inputs, of.width),
        nn.ReLU(),
        nn.Linear(of.width, of.width),
        nn.ReLU(),
        nn.Linear(of.width, 1),
    ).double()
    columns = slice(k * of.width, (k + 1) * of.width)
    with torch.no_grad():
        for layer, weight, bias in (
            (layers[0], of.first[:, columns].T, of.first_bias[columns]),
            (layers[2], of.second[k].T, of.second_bias[k, 0]),
            (layers[4], of.last[k].T, of.last_bias[k, 0]),
        ):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    return layers


def features(requires_grad: bool = True) -> torch.Tensor:
    drawn = torch.randn(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    return drawn.requires_grad_(requires_grad)


def test_scores_are_those_of_as_many_separate_networks() -> None:
    batched, seen = fresh(), features()
    expected = torch.cat([separate(batched, k)(seen) for k in range(3)], dim=1)
    torch.testing.assert_close(batched(seen, torch.ones(3)), expected)


def test_each_discriminator_sees_its_own_multiple_of_the_features() -> None:
    batched, seen = fresh(), features()
    scale = torch.rand(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    expected = torch.cat([separate(batched, k)(scale[:, k : k + 1] * seen) for k in range(3)], dim=1)
    torch.testing.assert_close(batched(seen, torch.ones(3), scale), expected)


def test_features_get_each_gradient_reversed_by_its_own_strength_and_weights_get_it_whole() -> None:
    batched, seen = fresh(), features()
    strengths = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    batched(seen, strengths).square().sum().backward()
    expected = torch.zeros_like(seen)
    for k in range(3):
        own = features()
        alone = separate(batched, k)
        alone(own).square().sum().backward()
        expected -= strengths[k] * own.grad
        columns = slice(k * batched.width, (k + 1) * batched.width)
        torch.testing.assert_close(batched.first.grad[:, columns], alone[0].weight.grad.T)
        torch.testing.assert_close(batched.second.grad[k], alone[2].weight.grad.T)
        torch.testing.assert_close(batched.last_bias.grad[k, 0], alone[4].bias.grad)
    torch.testing.assert_close(seen.grad, expected)


def test_the_reversed_product_is_a_product() -> None:
    weights = torch.randn(5, 6, dtype=torch.float64)
    seen = features(requires_grad=False)
    torch.testing.assert_close(
        reversed_product(seen, weights, torch.ones(3, dtype=torch.float64)), seen @ weights
    )


@pytest.mark.parametrize("count", [1, 84])
def test_weights_depend_on_the_generator_alone(count: int) -> None:
    one, other = (Discriminators(count, 6, 3) for _ in range(2))
    one.initialise(torch.Generator().manual_seed(4))
    torch.manual_seed(9)
    other.initialise(torch.Generator().manual_seed(4))
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
