"""The task dictionary over HTTP."""

from models.taxonomy.dictionary import TASKS
from tests.asserts import assert_problem

TASKS_URL = "/api/v1/tasks"


def test_the_dictionary_is_listed_in_its_order_over_pages(api):
    names, cursor = [], None
    while True:
        page = api.get(TASKS_URL, params={"limit": 10, "cursor": cursor} if cursor else {"limit": 10}).json()
        names += [task["name"] for task in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == list(TASKS)


def test_a_task_says_what_the_contract_promises(api):
    task = api.get(f"{TASKS_URL}/depth").json()
    assert task["name"] == "depth"
    assert task["group"] == "3d"
    assert task["inputs"] == 1
    assert task["output"] == {"kind": "map", "shape": [None, None], "unit": "m"}
    assert task["source_only"] is False
    assert task["paper_name"] == "rgb2depth"
    assert {"title", "loss", "metric"} <= set(task)
    assert api.get(f"{TASKS_URL}/colorization").json()["source_only"] is True


def test_an_unknown_task_is_not_found(api):
    assert_problem(api.get(f"{TASKS_URL}/dept"), 404, detail="dept")


def test_a_cursor_of_another_list_is_refused(api):
    for cursor in ("nonsense", "WyJkZXB0Il0"):
        assert_problem(api.get(TASKS_URL, params={"cursor": cursor}), 422, pointer="cursor")


def test_a_limit_outside_1_to_200_is_refused(api):
    for limit in (0, 201, "many"):
        assert_problem(api.get(TASKS_URL, params={"limit": limit}), 422, pointer="limit")
