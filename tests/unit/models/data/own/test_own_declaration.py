"""What a declaration may say, and how it is told what it may not."""

import pytest

from models.data.own.declaration import DeclarationError, read_declaration
from models.taxonomy.own import own_task
from tests.own_folder import TOML

IMAGES = '[images]\nfiles = "*.png"\n'
TABLE = '[images]\ntable = "t.csv"\nsecond = "b"\n'


def declared(text):
    return {task.name: task for task in read_declaration(text).tasks}


def test_tasks_are_read_with_what_was_left_out():
    tasks = declared(TOML)
    assert tasks["heat"].task == own_task("heat", "map", unit="K")
    assert (tasks["heat"].scale, tasks["heat"].offset, tasks["heat"].invalid) == (0.5, 250.0, (0.0,))
    assert tasks["motion"].task == own_task(
        "motion", "vector", inputs=2, names=("right", "down"), unit="pixels"
    )
    assert tasks["parts"].classes == ("plate", "disc")
    assert tasks["depth"].task is None, "a name of the dictionary means the dictionary's task"
    assert read_declaration(TOML).inputs == 2


def test_a_vector_is_named_for_its_columns():
    task = declared(TABLE + '[tasks.pose]\nkind="vector"\ncolumns=["yaw", "pitch"]')["pose"]
    assert task.task is not None
    assert task.task.names == ("yaw", "pitch")


def test_shares_of_classes_are_named_for_their_columns():
    task = declared(TABLE + '[tasks.mix]\nkind="class"\ncolumns=["sky", "sea"]')["mix"]
    assert task.classes == ("sky", "sea")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[images", "is no TOML: Expected"),
        ('[images]\nfiles = "a"\nfiles = "b"\n', "(at line 3"),
        ("", "images: is needed"),
        (IMAGES + "[extra]\n", "extra: no such key; there are images, tasks"),
        ('[images]\nfiles = "*.png"\nglob = 1', "images.glob: no such key; there are files, table"),
        ('[images]\nfiles = "*"\ntable = "a.csv"', "images.files: give either"),
        ('[images]\nfiles = "*"\nsplit = "s"', "images.split: names a column, and there is no `table`"),
        ('[images]\ntable = "a.csv"\nthird = "c"', "images.third: needs a `second`"),
        ('[images]\nfiles = "../*.png"', "images.files: must lie in the folder"),
        ('[images]\ntable = "/etc/passwd"', "images.table: must lie in the folder"),
        ("[images]\nfiles = 3", "images.files: must be a text"),
        (IMAGES + "[tasks]\na = 3", "tasks.a: must be a table"),
        (IMAGES + '[tasks.a]\nkind = "graph"', "tasks.a.kind: must be one of class, vector"),
        (IMAGES + '[tasks.Bad]\nkind = "image"\nfiles = "{stem}"', "tasks.Bad: 'Bad' is no name for a task"),
        (IMAGES + '[tasks.random]\nfiles = "{stem}"', "tasks.random: is worked out from the images"),
        (IMAGES + '[tasks.self]\nkind = "image"\nfiles = "{stem}"', "tasks.self: 'self' is taken"),
        (IMAGES + "[tasks.edges_2d]\n", "tasks.edges_2d: is worked out from the images"),
        (IMAGES + "[tasks.segmentation_25d]\n", "tasks.segmentation_25d: is a task of the dictionary whose"),
        (IMAGES + '[tasks.depth]\nfiles = "{stem}"\nunit = "mm"', "tasks.depth.unit: no such key: depth is"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "{stem}"\nlos = "l1"', "tasks.a.los: no such key; there are"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "{stem}"\nloss = "l3"', "tasks.a.loss: a map is trained with"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "{stem}"\nscale = "2"', "tasks.a.scale: must be a number"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "{stem}"\nscale = nan', "tasks.a.scale: must be a number"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "{stem}"\ninvalid = ["0"]', "tasks.a.invalid: must be a number"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "x.png"', "tasks.a.files: must hold one of {stem}"),
        (IMAGES + '[tasks.a]\nkind = "map"\nfiles = "../{stem}"', "tasks.a.files: must lie in the folder"),
        (IMAGES + '[tasks.a]\nkind = "map"', "tasks.a: say where the labels lie: files or column"),
        (IMAGES + '[tasks.a]\nkind = "class"\ncolumn = "c"', "tasks.a.column: needs a table"),
        (IMAGES + '[tasks.a]\nkind = "image"\nfiles = "{stem}"\ninputs = 2', "tasks.a.inputs: a looks at 2 images"),
        (TABLE + '[tasks.a]\nkind = "image"\nfiles = "{stem}"\ninputs = 3', "tasks.a.inputs: a looks at 3 images"),
        (TABLE + '[tasks.a]\nkind = "image"\nfiles = "{stem}"\ninputs = 4', "tasks.a.inputs: a prediction needs"),
        (TABLE + '[tasks.a]\nkind = "image"\nfiles = "{stem}"\ninputs = true', "tasks.a.inputs: must be a whole"),
        (TABLE + '[tasks.a]\nkind = "vector"\ncolumns = ["x", "x"]', "tasks.a.names: 'x' is named twice"),
        (TABLE + '[tasks.a]\nkind = "vector"\ncolumns = ["x"]\nnames = ["u", "v"]', "tasks.a.columns: 1 are named"),
        (TABLE + '[tasks.scene_class]\ncolumns = ["a", "b"]', "tasks.scene_class.columns: scene_class is one class"),
        (TABLE + '[tasks.egomotion]\ncolumns = ["x"]', "tasks.egomotion.columns: 1 are named for 18"),
        (TABLE + '[tasks.a]\nkind = "class"\ncolumn = "c"\nnumbers = true', "tasks.a.numbers: goes with"),
        (TABLE + '[tasks.a]\nkind = "class"\ncolumn = "c"\nclasses = ["one"]', "tasks.a.classes: 2 to 1000"),
        (IMAGES + '[tasks.a]\nkind = "classes"\nfiles = "{stem}"\nclasses = ["a", 1]', "tasks.a.classes: must be a"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_key(text, problem):
    with pytest.raises(DeclarationError) as refused:
        read_declaration(text)
    assert any(problem in each for each in refused.value.problems), refused.value.problems


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(DeclarationError) as refused:
        read_declaration(IMAGES + 'x = 1\n[tasks.a]\nkind = "map"\n[tasks.b]\nkind = "no"')
    assert len(refused.value.problems) == 3
