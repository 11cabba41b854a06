import numpy as np
import pytest

from models.data.celeba.lists import CelebaError, read_attributes, read_partitions
from tests.celeba_files import ATTRIBUTES, attribute_list, attribute_rows, marks, names


def read(text):
    return read_attributes("list_attr_celeba.txt", text)


def test_every_attribute_becomes_a_task_of_no_and_yes():
    found = read(attribute_list(attribute_rows()))
    assert [task.name for task in found.tasks] == ["has_5_o_clock_shadow", "bright", "male"]
    assert tuple(task.title for task in found.tasks) == ATTRIBUTES
    assert {(task.kind, task.classes) for task in found.tasks} == {("class", ("no", "yes"))}
    assert np.array_equal(found.values, marks())
    assert list(found.rows) == names()


def test_lines_may_end_as_on_windows():
    text = attribute_list(attribute_rows()).replace("\n", "\r\n")
    assert np.array_equal(read(text).values, marks())
    assert read_partitions("p.txt", "a.jpg 0\r\nb.jpg 2\r\n") == {"a.jpg": "train", "b.jpg": "test"}


def changed(line, old, new):
    lines = attribute_list(attribute_rows()).split("\n")
    lines[line - 1] = lines[line - 1].replace(old, new)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "has 1 lines"),
        (attribute_list(attribute_rows(), count=31), "line 1 says '31', where 30 images follow"),
        (changed(1, "30", "images"), "line 1 says 'images'"),
        (attribute_list(attribute_rows()[:-1], count=30), "line 1 says '30', where 29 images follow"),
        (changed(2, "Male", "bright"), "line 2 names bright twice"),
        (changed(2, "Male", "x" * 50), "line 2 names the attribute 'xxx"),
        (changed(2, "Male", ""), "line 3 has 3 values, 2 attributes are named"),
        (changed(4, "000002.jpg", ""), "line 4 has 2 values"),
        (changed(7, " 1", " 0"), "line 7 holds '0'; values are -1 and 1"),
        (changed(5, "000003", "000001"), "line 5 lists 000001.jpg a second time"),
        (attribute_list([["a.jpg", "1", "1", "1"], [], ["b.jpg", "1", "1", "1"]]), "line 4 has 0 values"),
    ],
)
def test_a_broken_list_of_attributes_is_refused_with_its_line(text, named):
    with pytest.raises(CelebaError) as caught:
        read(text)
    assert named in str(caught.value)
    assert "list_attr_celeba.txt" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a.jpg 0\nb.jpg 3\n", "p.txt line 2 must be a file and 0, 1 or 2, is 'b.jpg 3'"),
        ("a.jpg\n", "p.txt line 1"),
        ("a.jpg 0\nb.jpg 0\na.jpg 1\n", "p.txt line 3 lists a.jpg a second time"),
        ("", "p.txt line 1"),
    ],
)
def test_a_broken_list_of_partitions_is_refused_with_its_line(text, named):
    with pytest.raises(CelebaError, match=named):
        read_partitions("p.txt", text)
