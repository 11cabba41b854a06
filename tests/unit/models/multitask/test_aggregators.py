import sys

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchjd.aggregation import MGDA, ConFIG

from models.multitask.aggregators import AGGREGATORS, Aggregation, library_balancer
from models.multitask.balancing import Balancer, Step, jacobian
from models.multitask.library import DRAWING
from models.multitask.library_memory import MEMORIES
from models.multitask.methods import METHODS, MethodUnavailable, UnknownMethod, unavailable
from models.multitask.min_norm import min_norm
from models.multitask.scalarizers import SCALARIZATIONS
from models.training.checkpoint import Checkpoint, optimiser_tensors, pack, restore_optimiser, unpack

TASKS = 3
NAMES = [*AGGREGATORS, *SCALARIZATIONS]
STEERED = ["COSMOS", "PBI", "STCH"]


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Rig(nn.Module):
    """Three linear tasks that disagree about a trunk too narrow for them, a method, and an optimiser."""

    def __init__(self, balancer: Balancer, *, lr: float = 0.02) -> None:
        super().__init__()
        draw = seeded(1)
        self.shared = nn.Linear(6, 2)
        self.heads = nn.ModuleList(nn.Linear(2, 1) for _ in range(TASKS))
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.4)
        self.balancer = balancer
        self.images = torch.randn(40, 6, generator=draw)
        self.targets = self.images @ torch.randn(6, TASKS, generator=draw) * torch.tensor([0.5, 1.0, 1.5])
        self.optimiser = torch.optim.Adam(self.parameters(), lr=lr)
        self.done = 0

    def losses(self) -> tuple[Tensor, Tensor]:
        representation = self.shared(self.images)
        outputs = [head(representation)[:, 0] for head in self.heads]
        losses = [F.mse_loss(output, self.targets[:, task]) for task, output in enumerate(outputs)]
        return representation, torch.stack(losses)

    def step(self) -> Step:
        representation, losses = self.losses()
        read = self.balancer.reads(representation, TASKS)
        heads = tuple(tuple(head.parameters()) for head in self.heads)
        return Step(representation, read, losses, tuple(self.shared.parameters()), heads)

    def train_for(self, steps: int, generator: torch.Generator) -> list[Tensor | None]:
        found = []
        for _ in range(steps):
            self.optimiser.zero_grad()
            found.append(self.balancer.backward(self.step(), generator))
            self.optimiser.step()
            if self.balancer.looks_back:
                self.balancer.after(self.losses()[1].detach())
            self.done += 1
            if self.done % 2 == 0:
                self.balancer.epoch_ended()
        return found

    def saved(self) -> dict[str, Tensor]:
        return dict(self.state_dict()) | {
            f"optimiser/{name}": value for name, value in optimiser_tensors(self.optimiser).items()
        }

    def resume(self, saved: dict[str, Tensor], done: int) -> None:
        state = {name: value for name, value in saved.items() if not name.startswith("optimiser/")}
        self.load_state_dict(state)
        restore_optimiser(
            self.optimiser,
            {name.removeprefix("optimiser/"): value for name, value in saved.items() if name not in state},
        )
        self.done = done


def rig(name: str, preference: Tensor | None = None) -> Rig:
    return Rig(library_balancer(name, TASKS, preference))


def combine(name: str, gradients: Tensor, generator: torch.Generator | None = None):
    balancer = library_balancer(name, len(gradients))
    assert isinstance(balancer, Aggregation)
    return *balancer.combine(gradients, generator or seeded(0)), int(balancer.fallbacks)


def conflicting(tasks: int = 4, parameters: int = 30) -> Tensor:
    """Gradients of which most pairs point apart, of unlike norms."""
    gradients = torch.randn(tasks, parameters, generator=seeded(4))
    return (gradients - 0.8 * gradients.mean(0)) * torch.linspace(0.5, 2, tasks)[:, None]


def test_the_tables_hold_every_method_that_the_library_does() -> None:
    assert set(NAMES) == {name for name, spec in METHODS.items() if spec.library} | {"uncertainty"}


@pytest.mark.parametrize("name", NAMES)
def test_every_method_goes_downhill_without_giving_up(name: str) -> None:
    trained = rig(name)
    before = trained.losses()[1].sum()
    trained.train_for(30, seeded(0))
    assert trained.losses()[1].sum() < 0.9 * before
    assert trained.balancer.fallbacks == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_run_resumed_from_a_checkpoint_gives_the_same_bits(name: str) -> None:
    unbroken, generator = rig(name), seeded(7)
    weights = unbroken.train_for(6, generator)

    first, generator = rig(name), seeded(7)
    first.train_for(3, generator)
    data = pack(Checkpoint("run", "stage", 3, first.saved() | {"generator": generator.get_state()}, {}))
    saved = dict(unpack(data).tensors)
    second, generator = rig(name), torch.Generator()
    generator.set_state(saved.pop("generator"))
    second.resume(saved, 3)
    resumed = second.train_for(3, generator)

    for expected, found in zip(weights[3:], resumed, strict=True):
        assert (expected is None and found is None) or torch.equal(expected, found)
    expected, found = unbroken.saved(), second.saved()
    assert expected.keys() == found.keys()
    for key, value in expected.items():
        assert torch.equal(value, found[key]), key


@pytest.mark.parametrize("name", MEMORIES)
def test_a_method_that_remembers_goes_on_otherwise_without_its_memory(name: str) -> None:
    remembering, forgetful = rig(name), rig(name)
    remembering.train_for(5, seeded(7))
    saved = remembering.saved()
    saved["balancer._extra_state"] = forgetful.saved()["balancer._extra_state"]
    forgetful.resume(saved, 5)
    for each in (remembering, forgetful):
        each.train_for(2, seeded(8))
    assert not torch.equal(remembering.shared.weight, forgetful.shared.weight)


@pytest.mark.parametrize("name", MEMORIES)
def test_a_memory_replaces_what_was_remembered_since(name: str) -> None:
    fresh, used = rig(name), rig(name)
    used.train_for(3, seeded(7))
    used.resume(fresh.saved() | {k: v for k, v in used.saved().items() if k.startswith("optimiser/")}, 0)
    assert torch.equal(used.balancer.get_extra_state(), fresh.balancer.get_extra_state())


@pytest.mark.parametrize("name", NAMES)
def test_no_method_touches_the_global_generator(name: str) -> None:
    before = torch.get_rng_state()
    rig_before = rig(name)
    torch.set_rng_state(before)  # the layers' own initialisation draws
    rig_before.train_for(2, seeded(0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", sorted(DRAWING & AGGREGATORS.keys()))
def test_what_is_drawn_depends_on_the_given_generator_alone(name: str) -> None:
    gradients = conflicting()
    found = []
    for everyone, own in ((0, 1), (2, 1), (0, 3)):
        torch.manual_seed(everyone)
        found.append(combine(name, gradients, seeded(own))[1])
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_random_weights_differ_from_step_to_step_and_repeat_with_the_seed() -> None:
    first, second, third = (rig("Random").train_for(2, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], third[0])


@pytest.mark.parametrize("name", AGGREGATORS)
def test_the_shared_network_follows_the_weighted_rows_and_heads_their_own_gradients(name: str) -> None:
    given = rig(name)
    gradients = jacobian(given.step())
    own = [[parameter.grad.clone() for parameter in head.parameters()] for head in given.heads]
    given.optimiser.zero_grad()
    weights = given.balancer.backward(given.step(), seeded(0))
    shared = torch.cat([parameter.grad.flatten() for parameter in given.shared.parameters()])
    assert (weights is None) == (name == "GradDrop")
    if weights is not None:
        torch.testing.assert_close(shared, weights @ gradients)
        assert not weights.requires_grad
    for head, expected in zip(given.heads, own, strict=True):
        assert all(torch.equal(p.grad, each) for p, each in zip(head.parameters(), expected, strict=True))


@pytest.mark.parametrize("name", SCALARIZATIONS)
def test_all_parameters_follow_the_losses_weighted_by_the_scalars_derivatives(name: str) -> None:
    given, plain = rig(name), rig(name)
    weights = given.balancer.backward(given.step(), seeded(0))
    (plain.losses()[1] * weights).sum().backward()
    for module in ("shared", "heads"):
        pairs = zip(getattr(given, module).parameters(), getattr(plain, module).parameters(), strict=True)
        for found, expected in pairs:
            torch.testing.assert_close(found.grad, expected.grad)


@pytest.mark.parametrize("name", ["IMTLL", "uncertainty"])
def test_learned_weights_are_the_optimisers_to_step(name: str) -> None:
    trained = rig(name)
    (parameter,) = trained.balancer.parameters()
    trained.train_for(1, seeded(0))
    assert parameter.grad is not None
    assert parameter.abs().min() > 0


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"IMTLL", "uncertainty"}))
def test_no_other_method_gives_the_optimiser_anything_to_step(name: str) -> None:
    assert not [*library_balancer(name, TASKS).parameters()]


def test_mgda_of_two_tasks_is_the_closed_form() -> None:
    for first, second in ((0, 1), (1, 2), (2, 3), (0, 3)):
        g, h = conflicting()[[first, second]]
        share = ((h - g) @ h / (h - g).square().sum()).clamp(0, 1)  # Sener & Koltun 2018, Alg. 1 for two
        weights, direction, _ = combine("MGDA", torch.stack([g, h]))
        torch.testing.assert_close(weights, torch.stack([share, 1 - share]))
        torch.testing.assert_close(direction, share * g + (1 - share) * h)


def test_mgda_with_a_tight_bound_is_our_min_norm_point() -> None:
    gradients = conflicting(5)
    ours = min_norm((gradients @ gradients.T).double().numpy())
    tight = Aggregation("MGDA", MGDA(epsilon=1e-6, max_iters=2000))
    weights, direction = tight.combine(gradients, seeded(0))
    expected = torch.from_numpy(ours.weights).float()
    torch.testing.assert_close(weights, expected, rtol=0, atol=0.01)
    torch.testing.assert_close(direction, expected @ gradients, rtol=0, atol=0.02)


@pytest.mark.parametrize(
    ("name", "total"),
    [("MGDA", 1), ("ExcessMTL", 1), ("IMTLG", 1), ("DWA", TASKS), ("FAMO", 1), ("Random", 1)],
)
def test_weights_sum_to_what_the_method_promises(name: str, total: float) -> None:
    for weights in rig(name).train_for(7, seeded(0)):
        assert weights.sum().item() == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize(
    "name", ["MGDA", "UPGrad", "DualProj", "CAGrad", "ExcessMTL", "FairGrad", "NashMTL", "PCD"]
)
def test_weights_are_not_negative(name: str) -> None:
    for weights in rig(name).train_for(7, seeded(0)):
        assert weights.min() >= -1e-6


@pytest.mark.parametrize("name", ["UPGrad", "DualProj", "MGDA", "NashMTL", "ConFIG", "FairGrad", "IMTLG"])
def test_the_direction_conflicts_with_no_gradient(name: str) -> None:
    gradients = conflicting()
    assert (gradients.mean(0) @ gradients.T).min() < 0, "the mean does conflict"
    _, direction, _ = combine(name, gradients)
    cosines = (gradients @ direction) / gradients.norm(dim=1) / direction.norm()
    assert cosines.min() > -0.02  # torchjd adds 1e-4 to the diagonal of UPGrad's and DualProj's Gramian


@pytest.mark.parametrize(
    "name", ["AlignedMTL", "CAGrad", "ConFIG", "DualProj", "IMTLG", "MGDA", "PCGrad", "UPGrad"]
)
def test_weights_know_no_scale(name: str) -> None:
    gradients = conflicting()
    expected, _, _ = combine(name, gradients)
    found, _, fallbacks = combine(name, gradients * 1e-5)
    torch.testing.assert_close(found, expected, rtol=2e-3, atol=2e-3)
    assert fallbacks == 0


def test_config_gives_what_the_library_gives_where_that_works() -> None:
    for gradients in (conflicting(), conflicting(2), conflicting(3).index_fill(0, torch.tensor(1), 0.0)):
        weights, direction, _ = combine("ConFIG", gradients)
        torch.testing.assert_close(direction, ConFIG()(gradients), rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(weights @ gradients, direction)


def test_config_moves_a_network_of_many_parameters() -> None:
    gradients = torch.randn(2, 9_000_000, generator=seeded(0))
    assert ConFIG()(gradients).norm() == 0, "the library's cut-off grows with the parameters"
    _, direction, _ = combine("ConFIG", gradients)
    cosines = gradients @ direction / gradients.norm(dim=1) / direction.norm()
    torch.testing.assert_close(cosines[0], cosines[1], rtol=1e-3, atol=0)
    assert cosines[0] > 0.5


@pytest.mark.parametrize("name", STEERED)
def test_a_larger_preference_asks_for_a_smaller_loss(name: str) -> None:
    found = []
    for preference in ((8.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.0, 8.0, 8.0)):
        trained = rig(name, torch.tensor(preference))
        trained.train_for(150, seeded(0))
        losses = trained.losses()[1].detach()
        found.append((losses[0] / losses.sum()).item())
    assert found == sorted(found)
    assert found[0] < found[2]


@pytest.mark.parametrize("name", STEERED)
def test_no_preference_is_the_uniform_one(name: str) -> None:
    plain, uniform = (
        rig(name, preference).train_for(1, seeded(0)) for preference in (None, torch.ones(TASKS))
    )
    torch.testing.assert_close(plain[0], uniform[0])


@pytest.mark.parametrize(
    "preference", [(1.0, 1.0), (1.0, -1.0, 1.0), (0.0, 0.0, 0.0), (1.0, float("nan"), 1.0)]
)
def test_what_is_no_preference_is_refused(preference: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="a preference must be 3 numbers"):
        library_balancer("STCH", TASKS, torch.tensor(preference))


def test_a_method_without_preferences_takes_none() -> None:
    with pytest.raises(ValueError, match="UPGrad takes no preference"):
        library_balancer("UPGrad", TASKS, torch.ones(TASKS))


def test_a_method_that_the_library_does_not_do_is_refused() -> None:
    with pytest.raises(UnknownMethod, match="'mgda'"):
        library_balancer("mgda", TASKS)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_gradients_that_vanish_give_their_mean_and_are_counted(name: str) -> None:
    balancer = library_balancer(name, TASKS)
    weights, direction = balancer.combine(torch.zeros(TASKS, 5), seeded(0))
    assert weights.tolist() == pytest.approx([1 / TASKS] * TASKS)
    assert not direction.any()
    assert balancer.fallbacks == 1
    assert balancer.fallbacks.dtype == torch.int64


@pytest.mark.parametrize("name", AGGREGATORS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_one_bad_step_leaves_no_trace_in_the_next(name: str, bad: float) -> None:
    gradients, spoiled = conflicting(), conflicting()
    spoiled[1, 2] = bad
    balancer, other = library_balancer(name, 4), library_balancer(name, 4)
    weights, _ = balancer.combine(spoiled, seeded(0))
    assert weights.tolist() == [0.25] * 4
    found, expected = balancer.combine(gradients, seeded(1)), other.combine(gradients, seeded(1))
    torch.testing.assert_close(found[1], expected[1], rtol=0, atol=0)
    assert (balancer.fallbacks, other.fallbacks) == (1, 0)


def test_a_solver_that_finds_nothing_finite_is_counted() -> None:
    gradients = conflicting() * 1e-21  # the Gramian vanishes in single precision
    for name in ("IMTLG", "ExcessMTL", "GradDrop"):
        _, direction, fallbacks = combine(name, gradients)
        assert fallbacks == (name == "IMTLG")
        assert direction.isfinite().all()
    torch.testing.assert_close(combine("IMTLG", gradients)[1] * 1e21, conflicting().mean(0))


@pytest.mark.parametrize("name", AGGREGATORS)
@pytest.mark.parametrize(
    "kind",
    ["one vanishes", "all alike", "opposite", "of all sizes", "stationary", "more tasks than parameters"],
)
def test_degenerate_gradients_give_a_finite_direction(name: str, kind: str) -> None:
    gradients = conflicting()
    if kind == "one vanishes":
        gradients[1] = 0
    elif kind == "all alike":
        gradients[:] = gradients[0]
    elif kind == "opposite":
        gradients[1] = -gradients[0]
    elif kind == "of all sizes":
        gradients *= torch.logspace(-6, 6, 4)[:, None]
    elif kind == "stationary":
        gradients -= gradients.mean(0)
    else:
        gradients = conflicting(6, 2)
    balancer = library_balancer(name, len(gradients))
    for _ in range(2):
        assert balancer.combine(gradients, seeded(0))[1].isfinite().all()


@pytest.mark.parametrize("name", ["GeometricMean", "FAMO"])
def test_a_negative_loss_that_a_method_cannot_take_is_counted_and_forgotten(name: str) -> None:
    given = rig(name)
    step = given.step()
    lowered = Step(step.representation, step.read, step.losses - 10, step.shared, step.heads)
    weights = given.balancer.backward(lowered, seeded(0))
    given.balancer.after(step.losses.detach() - 10)
    assert weights.tolist() == pytest.approx([1 / TASKS] * TASKS)
    assert given.balancer.fallbacks == 1
    given.optimiser.zero_grad()
    assert all(each.isfinite().all() for each in given.train_for(2, seeded(0)))
    assert given.balancer.fallbacks == 1


def test_famo_gives_more_weight_to_the_loss_that_falls_slower() -> None:
    given = rig("FAMO")
    assert given.balancer.looks_back
    for _ in range(5):
        before = given.step()
        weights = given.balancer.backward(before, seeded(0)) * before.losses.detach()
        given.balancer.after(before.losses.detach() * torch.tensor([0.5, 0.9, 0.9]))
    assert weights[0] < weights[1]  # z = softmax(w), up to a factor, is weight times loss


def test_dwa_waits_two_epochs_and_then_weighs_by_the_losses_fall() -> None:
    given = rig("DWA")
    weights = given.train_for(6, seeded(0))
    assert all(torch.equal(each, torch.ones(TASKS)) for each in weights[:4])
    assert not torch.equal(weights[4], torch.ones(TASKS))


def test_pcds_first_task_is_its_primary_one() -> None:
    gradients = conflicting(2)
    for order in ([0, 1], [1, 0]):
        _, direction, _ = combine("PCD", gradients[order])
        primary, secondary = gradients[order] @ direction / gradients[order].norm(dim=1) / direction.norm()
        assert primary > secondary > 0


def test_a_method_whose_package_is_missing_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(unavailable(name) is None for name in METHODS if name != "NashMTL")
    assert unavailable("nash-mtl") is None
    monkeypatch.setitem(sys.modules, "ecos", None)
    assert unavailable("nash-mtl") == "Nash-MTL needs the package 'ecos', which is not installed"
    with pytest.raises(MethodUnavailable, match="'ecos'"):
        library_balancer("NashMTL", TASKS)
