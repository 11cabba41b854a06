"""The dashboard: one page and its files. All data comes to it through the public API."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.core.errors import NotFound

_HERE = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css", ".jpg": "image/jpeg", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Assets:
    """The dashboard's files as they were when first asked for.

    Attributes:
        digest: names this state of all files; part of their addresses, so that browsers may keep them.
        files: content by path below `static/`.
    """

    digest: str
    files: Mapping[str, bytes]


@cache
def assets() -> Assets:
    """Read the files once; they are a few dozen kilobytes."""
    root = _HERE / "static"
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return Assets(digest.hexdigest()[:12], files)


@cache
def _page() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
    )


@router.get("/", response_class=HTMLResponse)
def index(request: Request) -> HTMLResponse:
    """The dashboard's page."""
    root_path = str(request.scope.get("root_path", "")).rstrip("/")
    html = (
        _page()
        .get_template("index.html")
        .render(
            root_path=root_path, assets=f"{root_path}/assets/{assets().digest}", version=version("task-atlas")
        )
    )
    return HTMLResponse(html, headers={**_HEADERS, "Cache-Control": "no-cache"})


@router.get("/assets/{digest}/{path:path}")
def asset(digest: str, path: str) -> Response:
    """One of the page's files; kept by browsers for ever when the address names the current state."""
    current = assets()
    content = current.files.get(path)
    if content is None:
        raise NotFound(f"the dashboard has no file {path}")
    keep = "public, max-age=31536000, immutable" if digest == current.digest else "no-cache"
    return Response(
        content, media_type=_MEDIA_TYPES[Path(path).suffix], headers={**_HEADERS, "Cache-Control": keep}
    )
