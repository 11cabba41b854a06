"""The task dictionary: data that comes with the code, so there is no database behind it."""

from app.core.errors import NotFound
from models.taxonomy.dictionary import TASKS, Task


def list_tasks() -> list[Task]:
    """Every task, in the dictionary's order."""
    return list(TASKS.values())


def get_task(name: str) -> Task:
    """One task.

    Raises:
        NotFound: the dictionary has no such task.
    """
    found = TASKS.get(name)
    if found is None:
        raise NotFound(f"there is no task {name!r}; the dictionary has {', '.join(TASKS)}")
    return found
