from dataclasses import replace
from typing import Any

import pytest

from models.transfer.config import AtlasConfig, ConfigError
from models.transfer.derived import derived_config, scaled_steps
from models.transfer.presets import atlas_config

BASE = atlas_config("quick", seed=4)
PAPER = {100: 1000, 500: 400, 1000: 200, 2000: 100, 4000: 50, 8000: 50, 16_000: 30}


@pytest.mark.parametrize(("images", "epochs"), PAPER.items())
def test_steps_follow_the_papers_epochs_within_a_third(images: int, epochs: int) -> None:
    steps = scaled_steps(15_000, images, of=16_000)
    assert steps * 32 / images == pytest.approx(epochs, rel=0.6 if images == 4000 else 0.34)


def test_steps_are_those_of_the_rule() -> None:
    assert scaled_steps(15_000, 1000, of=16_000) == round(15_000 / 16**0.3) == 6529
    assert scaled_steps(150, 1024, of=1024) == 150
    assert scaled_steps(1, 2, of=1_000_000) == 1


def test_nothing_changes_unless_it_is_asked_for() -> None:
    assert derived_config(BASE) == BASE
    same = derived_config(
        BASE,
        preset="quick",
        tasks=[*reversed(BASE.tasks), "random"],
        seed=4,
        overrides={"network.encoder_widths": [16, 32, 64], "image_size": 64, "splits.test": 1024},
    )
    assert same == BASE


def test_a_smaller_size_takes_the_first_images_and_fewer_steps() -> None:
    small = derived_config(BASE, overrides={"splits.transfer": 64})
    assert (small.splits.transfer, small.transfer_pool, small.view_splits) == (64, 1024, BASE.splits)
    assert small.splits == replace(BASE.splits, transfer=64)
    assert small.transfer_training == replace(
        BASE.transfer_training, steps=scaled_steps(BASE.transfer_training.steps, 64, of=1024)
    )
    assert small.scratch_training.steps == scaled_steps(BASE.scratch_training.steps, 64, of=1024)
    assert replace(small, splits=BASE.splits, transfer_pool=None) == replace(
        BASE, transfer_training=small.transfer_training, scratch_training=small.scratch_training
    )
    assert AtlasConfig.from_json(small.to_json()) == small


def test_a_batch_is_no_larger_than_the_split_and_as_many_images_are_seen() -> None:
    small = derived_config(BASE, overrides={"splits.transfer": 8})
    transfers, scratch = small.transfer_training, small.scratch_training
    assert transfers.batch_size == scratch.batch_size == 8
    seen = BASE.transfer_training.steps * BASE.transfer_training.batch_size
    assert seen == BASE.scratch_training.steps * BASE.scratch_training.batch_size
    ratio = (8 / 1024) ** 0.3
    assert transfers.steps * 8 == pytest.approx(ratio * seen, rel=0.03)
    assert scratch.steps * 8 == pytest.approx(ratio * seen, rel=0.03)


def test_what_the_user_sets_stands() -> None:
    overrides = {
        "splits.transfer": 8,
        "transfer_training.steps": 77,
        "scratch_training.batch_size": 4,
        "transfer_training.learning_rate": 1e-3,
        "stack": 3,
    }
    config = derived_config(BASE, orders=[1, 3], per_target=2, overrides=overrides)
    assert (config.orders, config.per_target, config.stack) == ((1, 3), 2, 3)
    assert (config.transfer_training.steps, config.transfer_training.batch_size) == (77, 8)
    assert config.transfer_training.learning_rate == 1e-3
    assert config.scratch_training.batch_size == 4
    assert config.scratch_training.steps == scaled_steps(BASE.scratch_training.steps, 8, of=1024)


def test_the_base_of_a_base_keeps_the_pool() -> None:
    first = derived_config(BASE, overrides={"splits.transfer": 256})
    second = derived_config(first, overrides={"splits.transfer": 64})
    assert (second.splits.transfer, second.transfer_pool) == (64, 1024)
    assert second.transfer_training.steps == scaled_steps(first.transfer_training.steps, 64, of=256)
    assert derived_config(first, orders=[1]) == replace(first, orders=(1,))
    with pytest.raises(ConfigError, match="256 images"):
        derived_config(first, overrides={"splits.transfer": 512})


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [
        ({"preset": "tiny"}, "/preset"),
        ({"tasks": ["depth", "normals"]}, "/tasks"),
        ({"seed": 0}, "/seed"),
        ({"orders": [2]}, "/orders"),
        ({"orders": [1, 11]}, "/orders"),
        ({"per_target": 0}, "/per_target"),
        ({"overrides": {"splits.train": 4095}}, "/overrides/splits.train"),
        ({"overrides": {"task_training.steps": 1}}, "/overrides/task_training.steps"),
        ({"overrides": {"network.head_width": 1}}, "/overrides/network.head_width"),
        ({"overrides": {"network.hat_width": 1}}, "/overrides/network.hat_width"),
        ({"overrides": {"splits.transfer": 1025}}, "/overrides/splits.transfer"),
        ({"overrides": {"splits.transfer": 1}}, "/overrides/splits.transfer"),
        ({"overrides": {"splits.transfer": "8"}}, "/overrides/splits.transfer"),
        ({"overrides": {"splits.transfer": 8, "stack": 0}}, "/overrides/stack"),
        (
            {"overrides": {"splits.transfer": 8, "transfer_training.batch_size": 16}},
            "/overrides/transfer_training.batch_size",
        ),
    ],
)
def test_what_may_not_change_is_pointed_at(arguments: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ConfigError) as caught:
        derived_config(BASE, **arguments)
    assert caught.value.pointer == pointer
