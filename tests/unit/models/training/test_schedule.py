import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.schedule import Optimisation, learning_rate

plans = st.builds(
    Optimisation,
    steps=st.integers(1, 500),
    batch_size=st.just(8),
    learning_rate=st.floats(1e-5, 1.0),
    warmup=st.floats(0.0, 0.9),
    decay=st.sampled_from(["cosine", "step"]),
    drop=st.floats(0.1, 1.0),
)


@given(plans, st.floats(0, 1))
def test_learning_rate_is_positive_and_never_above_the_highest(plan: Optimisation, where: float) -> None:
    step = min(plan.steps - 1, int(where * plan.steps))
    assert 0 < learning_rate(plan, step) <= plan.learning_rate * (1 + 1e-12)


def test_cosine_rises_linearly_then_falls_to_almost_nothing() -> None:
    plan = Optimisation(steps=100, batch_size=8, learning_rate=1.0, warmup=0.1)
    assert [learning_rate(plan, step) for step in range(10)] == pytest.approx(
        [(i + 1) / 10 for i in range(10)]
    )
    assert learning_rate(plan, 10) == 1.0
    assert learning_rate(plan, 55) == pytest.approx(0.5)
    assert learning_rate(plan, 99) < 0.001


def test_step_divides_by_ten_after_the_drop() -> None:
    plan = Optimisation(steps=100, batch_size=8, learning_rate=1e-4, decay="step", drop=0.8)
    assert learning_rate(plan, 79) == 1e-4
    assert learning_rate(plan, 80) == pytest.approx(1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"batch_size": 1},
        {"learning_rate": 0.0},
        {"weight_decay": -1.0},
        {"warmup": 1.0},
        {"decay": "none"},
        {"drop": 0.0},
    ],
)
def test_unusable_optimisation_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        Optimisation(**{"steps": 10, "batch_size": 8, "learning_rate": 0.1, **wrong})  # type: ignore[arg-type]
