"""Every objective against its formula, written out example by example."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.adaptation.config import METHODS, MODES, AdaptationConfig
from models.adaptation.methods.ba3us import Ba3us
from models.adaptation.methods.baselines import Dann
from models.adaptation.methods.etn import Etn
from models.adaptation.methods.objective import Batch, Objective
from models.adaptation.methods.pada import Pada
from models.adaptation.methods.registry import objective as fresh
from models.adaptation.methods.san import San

CONFIG = AdaptationConfig(
    classes=("a", "b", "c", "d"),
    image_size=28,
    bottleneck=6,
    discriminator_width=5,
    adversarial_weight=1.0,
    entropy_weight=0.3,
)


def batch(reversal: float = 0.5, done: float = 0.25, sources: int = 8, targets: int = 5) -> Batch:
    generator = torch.Generator().manual_seed(7)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).requires_grad_()

    return Batch(
        source_features=drawn(sources, 6),
        source_scores=drawn(sources, 4),
        labels=torch.arange(sources) % 4,
        target_features=drawn(targets, 6),
        target_scores=drawn(targets, 4),
        reversal=reversal,
        done=done,
    )


def made(method: str, **changes: object) -> Objective:
    objective = fresh(method, replace(CONFIG, **changes))
    objective.initialise(torch.Generator().manual_seed(3))
    return objective


def judged(objective: San | Dann | Pada | Etn | Ba3us, seen: Batch, count: int) -> tuple[Tensor, Tensor]:
    """Probabilities of the source, (n, count) and (m, count)."""
    discriminator = objective.discriminators if isinstance(objective, San) else objective.discriminator
    found = [
        torch.sigmoid(discriminator(features, torch.ones(count)))
        for features in (seen.source_features, seen.target_features)
    ]
    return found[0], found[1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", MODES)
def test_every_loss_is_finite_and_reaches_the_features(method: str, mode: str) -> None:
    seen = batch()
    losses = made(method, mode=mode).losses(seen)
    torch.stack(list(losses.values())).sum().backward()
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert torch.isfinite(seen.source_scores.grad).all()
    if method != "source-only":
        assert seen.target_features.grad.abs().sum() > 0


def test_the_paper_mode_is_the_papers_objective() -> None:
    seen, objective = batch(), made("san", mode="paper")
    assert isinstance(objective, San)
    found = objective.losses(seen)
    sources, targets = judged(objective, seen, 4)
    ys, yt = seen.source_scores.softmax(1), seen.target_scores.softmax(1)
    gamma = yt.mean(0)
    expected = 0.0
    for k in range(4):
        inner = sum(-ys[i, k] * sources[i, k].log() for i in range(8))
        inner = inner - sum(yt[i, k] * (1 - targets[i, k]).log() for i in range(5))
        expected = expected + gamma[k] * inner / 13
    torch.testing.assert_close(found["adversarial"], expected)
    torch.testing.assert_close(found["entropy"], 0.3 * -(yt * yt.log()).sum(1).mean())
    torch.testing.assert_close(found["classification"], F.cross_entropy(seen.source_scores, seen.labels))


def test_the_selective_ablation_is_san_without_entropy() -> None:
    seen = batch()
    whole, selective = made("san").losses(seen), made("san-selective").losses(seen)
    assert whole.keys() - selective.keys() == {"entropy"}
    torch.testing.assert_close(whole["adversarial"], selective["adversarial"])


def test_the_entropy_ablation_is_dann_with_entropy() -> None:
    seen = batch()
    plain, with_entropy = made("dann").losses(seen), made("san-entropy").losses(seen)
    assert with_entropy.keys() - plain.keys() == {"entropy"}
    torch.testing.assert_close(plain["adversarial"], with_entropy["adversarial"])


def test_weights_of_the_paper_mode_are_constants() -> None:
    seen, objective = batch(), made("san-selective", mode="paper")
    objective.losses(seen)["adversarial"].backward()
    assert seen.source_scores.grad is None
    assert seen.target_scores.grad is None


def test_the_caffe_mode_averages_class_weights_over_all_past_batches() -> None:
    objective = made("san", mode="caffe")
    first, second = batch(), replace(batch(), target_scores=batch().target_scores.flip(1))
    for seen in (first, second):
        objective.losses(seen)
    past = sum(torch.softmax(10 * seen.target_scores, 1).mean(0) for seen in (first, second)) / 2
    torch.testing.assert_close(objective.class_weights(), (past / past.mean()).detach())


def test_the_caffe_mode_raises_the_entropy_with_the_reversal() -> None:
    none = made("san", mode="caffe").losses(batch(reversal=0.0))["entropy"]
    half, full = (made("san", mode="caffe").losses(batch(reversal=r))["entropy"] for r in (0.5, 1.0))
    assert none == 0
    torch.testing.assert_close(2 * half, full)


def test_the_w_t_mode_reverses_gradients_by_class_weight() -> None:
    seen, objective = batch(reversal=0.8), made("san-selective", mode="w_t")
    shares = torch.tensor([0.5, 0.25, 0.25, 0.0])
    objective.observe_target(shares)
    objective.losses(seen)["adversarial"].backward()
    assert isinstance(objective, San)
    expected = torch.zeros_like(seen.source_features)
    for k in range(4):
        again = batch()
        chosen = torch.cat((again.source_scores, again.target_scores)).softmax(1).detach()[:, k : k + 1]
        features = torch.cat((again.source_features, again.target_features)) * chosen
        scores = objective.discriminators(features, -torch.ones(4))[:, k]
        (F.softplus(-scores[:8]).sum() / 13 + F.softplus(scores[8:]).sum() / 13).backward()
        expected -= 0.8 * shares[k] / 0.5 * again.source_features.grad
    torch.testing.assert_close(seen.source_features.grad, expected)


def test_dann_weighs_all_examples_alike() -> None:
    seen, objective = batch(sources=6, targets=6), made("dann")
    assert isinstance(objective, Dann)
    sources, targets = judged(objective, seen, 1)
    expected = -(torch.cat((sources.log(), (1 - targets).log()))).mean()
    torch.testing.assert_close(objective.losses(seen)["adversarial"], expected)


def test_pada_weighs_source_examples_by_the_shares_of_their_classes() -> None:
    seen, objective = batch(), made("pada")
    objective.observe_target(torch.tensor([0.4, 0.4, 0.2, 0.0]))
    found = objective.losses(seen)
    gamma = torch.tensor([1.0, 1.0, 0.5, 0.0])[seen.labels]
    errors = F.cross_entropy(seen.source_scores, seen.labels, reduction="none")
    torch.testing.assert_close(found["classification"], (gamma * errors).sum() / gamma.sum())
    assert isinstance(objective, Pada)
    sources, targets = judged(objective, seen, 1)
    expected = -((gamma * sources[:, 0].log()).mean() + (1 - targets).log().mean()) / 2
    torch.testing.assert_close(found["adversarial"], expected)


def test_etn_weighs_source_examples_by_how_little_they_look_like_the_source() -> None:
    seen, objective = batch(), made("etn")
    assert isinstance(objective, Etn)
    scores = objective.auxiliary(seen.source_features)
    leaky = scores.exp() / (4 + scores.exp().sum(1, keepdim=True))
    weights = 1 - leaky.sum(1)
    weights = weights / weights.mean()
    errors = F.cross_entropy(seen.source_scores, seen.labels, reduction="none")
    torch.testing.assert_close(objective.losses(seen)["classification"], (weights * errors).mean())


def test_features_do_not_learn_from_the_auxiliary_networks_of_etn() -> None:
    seen, objective = batch(), made("etn")
    objective.losses(seen)["auxiliary"].backward()
    assert seen.source_features.grad is None
    assert isinstance(objective, Etn)
    assert isinstance(objective.auxiliary[0], nn.Linear)
    assert objective.auxiliary[0].weight.grad.abs().sum() > 0


def test_ba3us_lets_fewer_and_fewer_source_examples_stand_with_the_target() -> None:
    objective = made("ba3us")
    assert isinstance(objective, Ba3us)
    seen = batch(done=0.999)
    sources, targets = judged(objective, seen, 1)
    plain = -(sources.log().mean() + (1 - targets).log().mean()) / 2
    torch.testing.assert_close(objective.losses(seen)["adversarial"], plain)
    early = objective.losses(replace(seen, done=0.0))["adversarial"]
    joined = (
        -1.25 * sources.log().mean() - (1 - targets).log().mean() - 0.25 * (1 - sources[:2]).log().mean()
    ) / 2.5
    torch.testing.assert_close(early, joined)


def test_the_complement_entropy_is_least_where_wrong_classes_are_equally_likely() -> None:
    even = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    uneven = torch.tensor([[1.0, 0.9, -1.0, -1.0]])
    objective = made("ba3us")
    found = [
        objective.losses(
            replace(batch(), source_scores=scores.repeat(8, 1), labels=torch.zeros(8, dtype=torch.long))
        )["complement"]
        for scores in (even, uneven)
    ]
    assert found[0] < found[1] < 0
    others = 1 - even.softmax(1)[0, 0]
    torch.testing.assert_close(found[0], -others, rtol=1e-5, atol=1e-6)


def test_two_classes_have_no_complement() -> None:
    objective = fresh("ba3us", replace(CONFIG, classes=("a", "b")))
    objective.initialise(torch.Generator().manual_seed(3))
    seen = batch()
    two = replace(
        seen,
        source_scores=seen.source_scores[:, :2],
        target_scores=seen.target_scores[:, :2],
        labels=seen.labels % 2,
    )
    assert "complement" not in objective.losses(two)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mode", MODES)
def test_a_batch_without_some_class_and_a_target_of_one_class_are_no_trouble(method: str, mode: str) -> None:
    objective = made(method, mode=mode)
    objective.observe_target(torch.tensor([0.0, 1.0, 0.0, 0.0]))
    sure = torch.tensor([[-60.0, 60.0, -60.0, -60.0]]).repeat(5, 1).requires_grad_()
    seen = replace(batch(), labels=torch.full((8,), 3), target_scores=sure)
    losses = objective.losses(seen)
    torch.stack(list(losses.values())).sum().backward()
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert torch.isfinite(seen.source_features.grad).all() if seen.source_features.grad is not None else True
    weights = objective.class_weights()
    assert weights is None or torch.isfinite(weights).all()
