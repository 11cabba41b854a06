import json
from typing import Any

import pytest

from models.data.splits import SplitSizes
from models.taxonomy.own import OwnTask
from models.taxonomy.table import RANDOM
from models.transfer.config import ConfigError
from models.transfer.novel.config import NovelConfig, novel_config
from models.transfer.presets import atlas_config

ATLAS = atlas_config("quick")
HAS = SplitSizes(train=80, transfer=16, validation=20, test=40)


def novel(splits: SplitSizes = HAS, **options: Any) -> NovelConfig:
    return novel_config(ATLAS, "normals", sources=("depth", "edges_2d", RANDOM), splits=splits, **options)


def test_a_configuration_comes_back_from_json() -> None:
    config = novel(seed=5)
    assert NovelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ConfigError):
        NovelConfig.from_json({"target": "normals"})


def test_the_declaration_of_the_target_comes_along_and_no_other() -> None:
    tidy, other = (
        OwnTask(name, "class", name.title(), "", 1, "cross-entropy", classes=("no", "yes"))
        for name in ("tidy", "other")
    )
    config = novel_config(ATLAS, "tidy", sources=("depth",), splits=HAS, orders=(1,), own=(other, tidy))
    assert config.own == (tidy,)
    assert config.as_atlas.entry("tidy").group == "own"
    assert config.as_atlas.targets == ("tidy",)
    assert NovelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_sizes_and_rates_are_the_atlas_s_own() -> None:
    config = novel()
    assert config.network == ATLAS.network
    assert config.transfer_training.learning_rate == ATLAS.transfer_training.learning_rate
    assert config.scratch_training.learning_rate == ATLAS.scratch_training.learning_rate


@pytest.mark.parametrize(
    ("train", "batch", "steps"), [(2, 2, 120), (48, 16, 120), (112, 16, 240), (2000, 16, 600)]
)
def test_steps_follow_from_the_labels_and_are_the_same_from_scratch(
    train: int, batch: int, steps: int
) -> None:
    config = novel(SplitSizes(train=train, transfer=16 if train > 2 else 2, validation=4, test=4))
    for training in (config.transfer_training, config.scratch_training):
        assert (training.batch_size, training.steps) == (batch, steps)


def test_fewer_labels_may_be_asked_for_and_single_values_changed() -> None:
    config = novel(overrides={"transfer_training.steps": 7, "splits.train": 16, "stack": 3})
    assert config.labels == 32
    assert config.transfer_training.steps == 7
    assert config.scratch_training.steps == 120
    assert config.stack == 3


def test_images_that_belong_to_no_part_may_be_dealt_anew() -> None:
    dealt = {"splits.train": 4, "splits.test": 110}
    assert novel(overrides=dealt, movable=True).splits == SplitSizes(4, 16, 20, 110)
    with pytest.raises(ConfigError, match="the splits need 157 images, the data set has 156"):
        novel(overrides=dealt | {"splits.test": 117}, movable=True)


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"orders": (2,)}, "/orders"),
        ({"orders": (1, 3)}, "/orders"),
        ({"orders": ()}, "/orders"),
        ({"per_target": 0}, "/per_target"),
        ({"seed": -1}, "/seed"),
        ({"overrides": {"splits.test": 41}}, "/overrides/splits.test"),
        ({"overrides": {"splits.train": 1}}, "/overrides/splits.train"),
        ({"overrides": {"network.head_width": 8}}, "/overrides/network.head_width"),
        ({"overrides": {"task_training.steps": 8}}, "/overrides/task_training.steps"),
        ({"overrides": {"transfer_training.batch_size": 97}}, "/overrides/transfer_training.batch_size"),
        ({"overrides": {"scratch_training.batch_size": 97}}, "/overrides/scratch_training.batch_size"),
        ({"overrides": {"stack": 0}}, "/overrides/stack"),
    ],
)
def test_a_field_of_no_use_is_pointed_at(options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ConfigError) as caught:
        novel(**options)
    assert caught.value.pointer == pointer
