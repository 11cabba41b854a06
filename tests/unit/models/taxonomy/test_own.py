"""Which tasks a user may declare."""

import json

import pytest

from models.taxonomy.dictionary import TASKS, UnknownTask
from models.taxonomy.own import LOSSES, OwnTask, OwnTaskError, entry_of, own_task


@pytest.mark.parametrize(
    "name",
    ["depth", "rgb2depth", "self", "random", "all", "rgb", "valid", "index", "pair_images", "", "Animal", "2d",
     "a-b", "a+b", "a,b", "a b", "_a", "é", "a" * 41],
)  # fmt: skip
def test_names_that_mean_something_else_or_break_the_rule_are_refused(name):
    with pytest.raises(OwnTaskError) as refused:
        own_task(name, "image")
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["a", "animal", "leaf_2", "a" * 40])
def test_other_names_are_free(name):
    assert own_task(name, "image").name == name


@pytest.mark.parametrize(
    ("field", "declared"),
    [
        ("kind", {"kind": "graph"}),
        ("loss", {"kind": "class", "classes": ("a", "b"), "loss": "l2"}),
        ("inputs", {"kind": "image", "inputs": 4}),
        ("inputs", {"kind": "image", "inputs": 0}),
        ("classes", {"kind": "class"}),
        ("classes", {"kind": "classes", "classes": ("only",)}),
        ("classes", {"kind": "class", "classes": ("a", "b", "a")}),
        ("classes", {"kind": "class", "classes": ("a", " ")}),
        ("classes", {"kind": "vector", "names": ("x",), "classes": ("a", "b")}),
        ("ignored", {"kind": "class", "classes": ("a", "b"), "ignored": (0,)}),
        ("ignored", {"kind": "classes", "classes": ("a", "b"), "ignored": (0, 1)}),
        ("names", {"kind": "vector"}),
        ("names", {"kind": "vector", "names": ("x", "x")}),
        ("names", {"kind": "image", "names": ("x",)}),
        ("unit", {"kind": "class", "classes": ("a", "b"), "unit": "m"}),
        ("title", {"kind": "image", "title": "t" * 201}),
    ],
)
def test_what_is_wrong_with_a_declaration_is_named(field, declared):
    with pytest.raises(OwnTaskError) as refused:
        own_task("mine", **declared)
    assert refused.value.field == field


def test_what_was_not_declared_is_filled_in():
    task = own_task("leaf_area", "map", unit="cm2")
    assert (task.title, task.inputs, task.loss, task.names) == ("Leaf area", 1, "l1", ("leaf_area",))
    assert own_task("pose", "vector", names=("x",)).loss == LOSSES["vector"][0] == "l2"


@pytest.mark.parametrize(
    ("task", "shape", "unit"),
    [
        (own_task("a", "class", classes=("x", "y", "z")), (3,), "probability"),
        (own_task("a", "vector", names=("x", "y"), unit="mm"), (2,), "mm"),
        (own_task("a", "map", unit="K"), (None, None), "K"),
        (own_task("a", "map", names=("u", "v")), (None, None, 2), ""),
        (own_task("a", "classes", classes=("x", "y")), (None, None), ""),
        (own_task("a", "image"), (None, None, 3), "grey levels of 255"),
    ],
)
def test_a_declaration_becomes_an_entry_as_the_dictionary_has_them(task, shape, unit):
    entry = task.entry
    assert (entry.name, entry.group, entry.output.kind) == ("a", "own", task.kind)
    assert (entry.output.shape, entry.output.unit) == (shape, unit)
    assert not entry.source_only


def test_a_declaration_survives_json():
    task = own_task("crops", "classes", title="Crops", inputs=2, classes=("x", "y"), ignored=(255,))
    assert OwnTask.from_json(json.loads(json.dumps(task.to_json()))) == task


def test_entries_are_found_in_the_dictionary_and_among_the_declared():
    mine = own_task("mine", "image")
    assert entry_of("depth", [mine]) is TASKS["depth"]
    assert entry_of("mine", [mine]) == mine.entry
    with pytest.raises(UnknownTask, match="other"):
        entry_of("other", [mine])
