"""HTTP of API keys."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.core.dependencies import AdminScope, PlatformDep, SessionDep
from app.core.pagination import Cursor, Limit, Page
from app.core.problems import problem_responses
from app.keys.schemas import KeyIn, KeyOut, NewKeyOut
from app.keys.service import KeysService

router = APIRouter(prefix="/keys", tags=["keys"], responses=problem_responses(401, 403))


async def get_keys(session: SessionDep, platform: PlatformDep) -> KeysService:
    """The use cases, on the request's transaction."""
    return KeysService(session, platform.database)


KeysDep = Annotated[KeysService, Depends(get_keys, scope="function")]


@router.get("", responses=problem_responses(422))
def list_keys(keys: KeysDep, _: AdminScope, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyOut]:
    """List API keys, newest first, without their secrets."""
    page = keys.list(limit, cursor)
    return Page(items=[KeyOut.model_validate(key) for key in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=HTTPStatus.CREATED, responses=problem_responses(400, 422))
def create_key(body: KeyIn, keys: KeysDep, _: AdminScope, response: Response) -> NewKeyOut:
    """Make an API key. The secret is shown this once; with the first key the service stops running open."""
    made = keys.create(body.name, body.scopes)
    response.headers["Cache-Control"] = "no-store"
    return NewKeyOut.model_validate({**KeyOut.model_validate(made.key).model_dump(), "secret": made.secret})


@router.delete("/{key_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404, 409))
def revoke_key(key_id: str, keys: KeysDep, _: AdminScope) -> None:
    """Revoke an API key at once. The last one cannot be revoked here: the service would run open."""
    keys.revoke(key_id)
