import json

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.cluster.hierarchy import is_valid_linkage

from app.taxonomies.schemas import tree_document
from models.taxonomy.dictionary import TASKS
from models.taxonomy.similarity import MAX_TASKS, Node, NoTree, Tree, similarity_tree
from models.taxonomy.table import Transfer
from tests.unit.models.taxonomy.brute_force import published_table, tables


def table(columns: dict[str, list[float | None]]) -> list[Transfer]:
    """First-order transfers from sources to targets t0, t1, ..."""
    return [
        Transfer((source,), f"t{row}", value)
        for source, values in columns.items()
        for row, value in enumerate(values)
        if value is not None
    ]


def leaves(node: Node) -> list[str]:
    return [leaf for child in node.children for leaf in leaves(child)] or [node.name or ""]


def groups(node: Node) -> set[frozenset[str]]:
    """The tasks under every node."""
    return {frozenset(leaves(node))}.union(*(groups(child) for child in node.children))


def test_tasks_that_transfer_alike_stand_together() -> None:
    tree = similarity_tree(
        table({"a": [9, 1, 8, 2], "b": [8, 2, 9, 1], "c": [1, 9, 2, 8], "d": [2, 8, 1, 9]})
    )
    assert {frozenset("ab"), frozenset("cd"), frozenset("abcd")} <= groups(tree.root)
    assert tree.names == ("a", "b", "c", "d")
    assert tree.root.height == tree.linkage[-1][2] > 1


def test_scale_of_a_target_does_not_matter() -> None:
    columns = {"a": [0.9, 0.1, 0.7], "b": [0.7, 0.2, 0.6], "c": [0.1, 0.8, 0.3]}
    scaled = {name: [1e-3 * first, 1e3 * second, third] for name, (first, second, third) in columns.items()}
    first, second = similarity_tree(table(columns)), similarity_tree(table(scaled))
    np.testing.assert_allclose(first.linkage, second.linkage, atol=1e-9)


def test_tasks_that_are_identical_join_at_height_zero() -> None:
    tree = similarity_tree(table({"a": [1, 2], "b": [1, 2], "c": [2, 1]}))
    assert tree.linkage[0] == (0, 1, 0.0, 2)
    flat = similarity_tree(table({"a": [0.1, 0.1], "b": [0.1, 0.1]}))
    assert flat.linkage == ((0, 1, 1.0, 2),)


def test_tasks_without_a_common_target_are_at_distance_one() -> None:
    tree = similarity_tree(table({"a": [1, None, 2], "b": [None, 1, None], "c": [2, 2, 1]}))
    assert is_valid_linkage(np.array(tree.linkage))
    assert sorted(leaves(tree.root)) == ["a", "b", "c"]
    alone = similarity_tree(table({"a": [1, None], "b": [None, 1]}))
    assert alone.root.height == 1.0


def test_single_task_is_a_tree_of_one_leaf() -> None:
    tree = similarity_tree(table({"a": [0.5]}))
    assert (tree.names, tree.linkage, tree.root) == (("a",), (), Node("a", 0.0))
    assert tree.newick() == "a;"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [Transfer(("self",), "a", 0.5), Transfer(("random",), "a", 0.5), Transfer(("a",), "a", 0.5)],
        [Transfer(("a", "b"), "c", 0.5), Transfer(("a",), "c", None)],
        [Transfer((f"s{number}",), "t", 0.5) for number in range(MAX_TASKS + 1)],
    ],
)
def test_table_without_tasks_to_compare_has_no_tree(rows: list[Transfer]) -> None:
    with pytest.raises(NoTree):
        similarity_tree(rows)


def test_newick_escapes_names_and_gives_branches_their_lengths() -> None:
    tree = similarity_tree(table({"a_1": [1, 2, 0], "b'(,:;": [1, 2, 0], "c": [2, 1, 5]}))
    height = tree.root.height
    inner = "('a_1':0,'b''(,:;':0)"
    assert tree.newick() in {
        f"(c:{height:.6g},{inner}:{height:.6g});",
        f"({inner}:{height:.6g},c:{height:.6g});",
    }


@given(tables())
@settings(max_examples=60, deadline=None)
def test_every_source_is_one_leaf_and_heights_rise_to_the_root(rows: list[Transfer]) -> None:
    try:
        tree = similarity_tree(rows)
    except NoTree:
        return
    assert sorted(leaves(tree.root)) == list(tree.names)
    assert len(tree.linkage) == len(tree.names) - 1

    def check(node: Node) -> None:
        for child in node.children:
            assert child.height <= node.height + 1e-12
            check(child)

    check(tree.root)
    assert tree.newick().count("(") == len(tree.linkage)


def test_deepest_tree_can_be_written() -> None:
    names = tuple(f"s{place:03}" for place in range(MAX_TASKS))
    node, joins = Node(names[0], 0.0), []
    for place, name in enumerate(names[1:]):
        left = 0 if place == 0 else MAX_TASKS + place - 1
        joins.append((left, place + 1, float(place), place + 2))
        node = Node(None, float(place), (node, Node(name, 0.0)))
    tree = Tree(names, tuple(joins), node)
    assert tree.newick().count(",") == MAX_TASKS - 1
    assert json.loads(json.dumps(tree_document(tree)))["linkage"][-1][3] == MAX_TASKS


@pytest.mark.science
def test_released_affinities_group_3d_2d_and_semantic_tasks() -> None:
    tree = similarity_tree(published_table())
    found = groups(tree.root)
    named = {
        group: {task.paper_name for task in TASKS.values() if task.group == group}
        for group in ("3d", "2d", "semantic")
    }
    assert frozenset(named["3d"]) in found
    assert frozenset(named["2d"] - {"jigsaw", "random"}) in found
    assert frozenset(named["semantic"] | {"class_selected"}) in found
