"""HTTP of the task dictionary."""

from fastapi import APIRouter

from app.core.dependencies import ReadScope
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.tasks import service
from app.tasks.schemas import TaskOut

router = APIRouter(prefix="/tasks", tags=["tasks"], responses=problem_responses(401, 403))


@router.get("", responses=problem_responses(422))
def list_tasks(_: ReadScope, limit: Limit = 50, cursor: Cursor = None) -> Page[TaskOut]:
    """List the tasks of the dictionary, in its order."""
    tasks, next_cursor = service.page(limit=limit, cursor=cursor)
    return Page(items=[TaskOut.of(task) for task in tasks], next_cursor=next_cursor)


@router.get("/{name}", responses=problem_responses(404))
def get_task(name: str, _: ReadScope) -> TaskOut:
    """Show one task of the dictionary."""
    return TaskOut.of(service.get_task(name))
