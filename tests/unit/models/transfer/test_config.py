import json
from typing import Any

import pytest

from models.taxonomy.dictionary import TASKS
from models.taxonomy.own import own_task
from models.taxonomy.table import RANDOM
from models.transfer.config import AtlasConfig, ConfigError
from models.transfer.presets import PRESETS, atlas_config


@pytest.mark.parametrize("preset", PRESETS)
def test_a_configuration_comes_back_from_json(preset: str) -> None:
    config = atlas_config(preset, seed=5)
    assert AtlasConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_quick_has_eleven_tasks_and_five_pairs_per_target() -> None:
    config = atlas_config("quick")
    assert len(config.tasks) == 11
    assert config.per_target >= 5
    assert set(config.tasks) - set(config.targets) == {"colorization"}
    assert config.sources == (*config.tasks, RANDOM)


def test_full_trains_as_the_paper_does() -> None:
    config = atlas_config("full")
    assert len(config.tasks) == len(TASKS) - 1
    assert (config.splits.train, config.splits.transfer, config.splits.test) == (120_000, 16_000, 17_000)
    assert config.task_training.learning_rate == config.transfer_training.learning_rate == 1e-4


def test_tasks_come_in_the_order_of_the_dictionary_without_random() -> None:
    config = atlas_config("tiny", tasks=["random", "normals", "depth", "edges_2d"], orders=[2, 1, 2])
    assert config.tasks == tuple(name for name in TASKS if name in {"normals", "depth", "edges_2d"})
    assert config.orders == (1, 2)


def test_single_values_are_overridden_and_nothing_else() -> None:
    changed = atlas_config("quick", overrides={"splits.train": 99, "network.head_width": 7, "image_size": 32})
    plain = atlas_config("quick")
    assert (changed.splits.train, changed.network.head_width, changed.image_size) == (99, 7, 32)
    assert changed.splits.test == plain.splits.test
    assert changed.task_training == plain.task_training


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [
        ({"preset": "huge"}, "/preset"),
        ({"tasks": ["depth", "smell"]}, "/tasks/1"),
        ({"tasks": ["depth", "depth"]}, "/tasks/1"),
        ({"tasks": ["depth"]}, "/tasks"),
        ({"tasks": ["colorization", "jigsaw"], "orders": [1]}, "/tasks"),
        ({"orders": [2]}, "/orders"),
        ({"orders": [1, 11]}, "/orders"),
        ({"per_target": 0}, "/per_target"),
        ({"seed": -1}, "/seed"),
        ({"overrides": {"splits.trainn": 3}}, "/overrides/splits.trainn"),
        ({"overrides": {"splits.train": True}}, "/overrides/splits.train"),
        ({"overrides": {"splits.train": "many"}}, "/overrides/splits.train"),
        ({"overrides": {"splits.train": 1}}, "/overrides/splits.train"),
        ({"overrides": {"image_size": 60}}, "/overrides/image_size"),
        ({"overrides": {"stack": 0}}, "/overrides/stack"),
        ({"overrides": {"task_training.decay": "sudden"}}, "/overrides/task_training.decay"),
        ({"overrides": {"task_training.batch_size": 5000}}, "/overrides/task_training.batch_size"),
        ({"overrides": {"transfer_training.batch_size": 2000}}, "/overrides/transfer_training.batch_size"),
    ],
)
def test_a_field_of_no_use_is_pointed_at(arguments: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ConfigError) as caught:
        atlas_config(
            arguments.get("preset", "quick"), **{k: v for k, v in arguments.items() if k != "preset"}
        )
    assert caught.value.pointer == pointer


def test_json_that_is_no_configuration_is_refused() -> None:
    with pytest.raises(ConfigError):
        AtlasConfig.from_json({"preset": "quick"})
    unknown = atlas_config("tiny").to_json()
    unknown["splits"]["spare"] = 3
    with pytest.raises(ConfigError):
        AtlasConfig.from_json(unknown)


OWN = (own_task("leaf", "map", unit="cm"), own_task("animal", "class", classes=("cat", "dog")))


def test_declared_tasks_follow_those_of_the_dictionary() -> None:
    config = atlas_config("quick", tasks=["animal", "depth", "leaf", "colorization"], orders=[1], own=OWN)
    assert config.tasks == ("colorization", "depth", "leaf", "animal")
    assert config.targets == ("depth", "leaf", "animal")
    assert config.entry("leaf").output.unit == "cm"


def test_a_configuration_keeps_the_declared_tasks_that_it_uses() -> None:
    config = atlas_config("quick", tasks=["depth", "animal"], orders=[1], own=OWN)
    assert config.own == (OWN[1],)
    assert AtlasConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert atlas_config("quick", own=OWN).own == ()


def test_a_task_that_is_not_declared_is_pointed_at() -> None:
    with pytest.raises(ConfigError, match="leaf, animal") as caught:
        atlas_config("quick", tasks=["animal", "animals"], own=OWN)
    assert caught.value.pointer == "/tasks/1"
    with pytest.raises(ConfigError):
        atlas_config("quick", tasks=["depth", "animal"])


def test_configurations_of_before_declared_tasks_are_still_read() -> None:
    old = atlas_config("tiny").to_json()
    del old["own"]
    assert AtlasConfig.from_json(old) == atlas_config("tiny")
