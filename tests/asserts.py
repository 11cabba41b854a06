"""Property checks that several tests share."""

from http import HTTPStatus

ALLOWED = {"type", "title", "status", "detail", "errors"}


def assert_problem(response, status, *, pointer=None, detail=None):
    """A response is an RFC 9457 problem document of the contract, with nothing of our inside in it.

    Args:
        response: of any client in httpx's style.
        status: what it must have.
        pointer: a bad field that it must name.
        detail: words that `detail` must contain.

    Returns:
        The document.
    """
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) <= ALLOWED
    assert problem["status"] == status
    assert problem["type"].startswith("urn:taskatlas:problem:")
    assert problem["title"]
    assert problem["detail"]
    for inside in ("Traceback", 'File "', "sqlalchemy", "psycopg", "sqlite3"):
        assert inside not in response.text
    for error in problem.get("errors", ()):
        assert set(error) == {"pointer", "detail"}
        assert error["detail"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem.get("errors", ())]
    if detail is not None:
        assert detail in problem["detail"]
    if status == HTTPStatus.UNAUTHORIZED:
        assert response.headers["www-authenticate"] == "Bearer"
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        assert int(response.headers["retry-after"]) > 0
    return problem
