"""The task dictionary: data that comes with the code, so there is no database behind it."""

from collections.abc import Sequence

from app.core.errors import NotFound
from app.core.pagination import cut, decode_cursor, no_such_cursor
from models.taxonomy.dictionary import TASKS, Task


def page(*, limit: int, cursor: str | None) -> tuple[Sequence[Task], str | None]:
    """A page of the dictionary, in its order, and the cursor of the next.

    Raises:
        InvalidInput: the cursor is none of this list.
    """
    names = list(TASKS)
    key = decode_cursor(cursor, 1)
    if key is not None and key[0] not in TASKS:
        raise no_such_cursor()
    begin = 0 if key is None else names.index(key[0]) + 1
    tasks = [TASKS[name] for name in names[begin : begin + limit + 1]]
    return cut(tasks, limit, lambda task: (task.name,))


def get_task(name: str) -> Task:
    """One task.

    Raises:
        NotFound: the dictionary has no such task.
    """
    found = TASKS.get(name)
    if found is None:
        raise NotFound(f"there is no task {name!r}; the dictionary has {', '.join(TASKS)}")
    return found
