import itertools
import math

import pytest
import torch

from models.tasks.losses import DISTANCE_RANGE, pairwise_metric, per_image_mean


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mean_is_over_the_valid_entries_of_each_image(channels: int) -> None:
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(4, channels, 5, 6, generator=generator)
    mask = torch.rand(4, 1, 5, 6, generator=generator) < 0.6
    mask[2] = False
    values[0, :, 0, 0], mask[0, :, 0, 0] = float("nan"), False
    found = per_image_mean(values, mask)
    for image, mean in enumerate(found):
        valid = values[image][mask[image].expand(channels, -1, -1)]
        torch.testing.assert_close(mean, valid.mean() if len(valid) else torch.tensor(0.0))


@pytest.mark.parametrize("scale", [1e-3, 0.3, 3.0, 30.0])
def test_the_metric_loss_is_the_mean_over_all_pairs_of_different_points(scale: float) -> None:
    generator = torch.Generator().manual_seed(2)
    embeddings = scale * torch.randn(3, 7, 4, generator=generator, dtype=torch.float64)
    segments = torch.randint(0, 3, (3, 7), generator=generator)
    found = pairwise_metric(embeddings, segments)
    for image in range(3):
        terms = []
        for one, other in itertools.permutations(range(7), 2):
            squared = float((embeddings[image, one] - embeddings[image, other]).square().sum())
            distance = min(max(squared, DISTANCE_RANGE[0]), DISTANCE_RANGE[1])
            same = segments[image, one] == segments[image, other]
            sigma = 2 / (1 + math.exp(distance))
            terms.append(-math.log(sigma if same else 1 - sigma))
        assert float(found[image]) == pytest.approx(sum(terms) / len(terms), rel=1e-6)


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 100.0])
def test_the_metric_loss_and_its_gradient_are_finite_at_any_distance(scale: float) -> None:
    embeddings = (scale * torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(3))).requires_grad_()
    loss = pairwise_metric(embeddings, torch.tensor([[0, 0, 1, 1, 2, 2]] * 2)).sum()
    (gradient,) = torch.autograd.grad(loss, embeddings)
    assert loss.isfinite()
    assert gradient.isfinite().all()
