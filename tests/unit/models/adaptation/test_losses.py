import math

import torch

from models.adaptation.losses import class_shares, domain_losses, entropy, mean_one, weighted_mean


def test_entropy_of_equal_scores_is_the_logarithm_of_their_number_and_of_a_sure_choice_nothing() -> None:
    scores = torch.tensor([[0.0, 0.0, 0.0, 0.0], [100.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(entropy(scores), torch.tensor([math.log(4), 0.0]))


def test_entropy_has_a_finite_gradient_where_a_class_is_impossible() -> None:
    scores = torch.tensor([[200.0, -200.0, 0.0]], requires_grad=True)
    entropy(scores).sum().backward()
    assert torch.isfinite(scores.grad).all()


def test_domain_losses_are_cross_entropies_of_the_right_domain() -> None:
    scores = torch.tensor([0.0, 3.0, -2.0])
    right = torch.sigmoid(scores)
    torch.testing.assert_close(domain_losses(scores, is_source=True), -right.log())
    torch.testing.assert_close(domain_losses(scores, is_source=False), -(1 - right).log())


def test_class_shares_sum_to_one_sharpen_and_are_constants() -> None:
    scores = torch.tensor([[1.0, 0.0], [0.2, 0.0]], requires_grad=True)
    soft, sharp = class_shares(scores), class_shares(scores, sharpness=10.0)
    assert not soft.requires_grad
    torch.testing.assert_close(soft.sum(), torch.tensor(1.0))
    assert sharp[0] > soft[0]


def test_weights_of_mean_one_keep_their_ratios() -> None:
    torch.testing.assert_close(mean_one(torch.tensor([3.0, 1.0])), torch.tensor([1.5, 0.5]))


def test_a_weighted_mean_without_any_weight_is_zero() -> None:
    values = torch.tensor([1.0, 5.0])
    assert weighted_mean(values, torch.tensor([1.0, 3.0])) == 4.0
    assert weighted_mean(values, torch.zeros(2)) == 0.0
