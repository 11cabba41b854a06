"""Answers in the form that a client accepts: JSON, multipart/mixed, or one picture."""

import base64
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastapi.responses import JSONResponse, Response

from app.inference.schemas import InferenceOut, LeftOut, PredictionOut
from app.inference.service import Answer, Answers

JSON = "application/json"
MIXED = "multipart/mixed"
PNG = "image/png"
_FORMS = (JSON, MIXED, PNG)


def negotiate(accept: str | None) -> str:
    """The form that an `Accept` header likes best; JSON where it does not care or takes none of ours."""
    if not accept:
        return JSON
    likes: dict[str, float] = {}
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        likes[media_type] = max(likes.get(media_type, 0.0), _quality(parameters))
    weights = {
        form: likes.get(form, likes.get(f"{form.split('/', maxsplit=1)[0]}/*", likes.get("*/*", 0.0)))
        for form in _FORMS
    }
    return max(_FORMS, key=lambda form: weights[form])


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def as_json(atlas_id: str, image_count: int, answers: Answers) -> Response:
    """Everything as one JSON document, pictures and arrays in base64."""
    body = InferenceOut(
        atlas_id=atlas_id,
        image_count=image_count,
        image_size=answers.plan.image_size,
        predictions=[
            PredictionOut(**_said(answer), png=in_base64(answer.png), array=in_base64(answer.array))
            for answer in answers.answers
        ],
        left_out=[
            LeftOut(task=name, detail=f"takes {needed} image{'s' if needed > 1 else ''}")
            for name, needed in answers.plan.left_out
        ],
    )
    return JSONResponse(body.model_dump())


def as_mixed(answers: Answers) -> Response:
    """One part per piece: per prediction its JSON, then its picture and its array where wanted."""
    return mixed(
        part
        for answer in answers.answers
        for part in prediction_parts(
            answer.run.transfer_id or answer.run.task, _said(answer), answer.png, answer.array
        )
    )


def mixed(parts: Iterable[bytes]) -> Response:
    """Parts as `prediction_parts` makes them in one body (RFC 2046)."""
    boundary = secrets.token_hex(16)
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return Response(body + f"--{boundary}--\r\n".encode(), media_type=f'{MIXED}; boundary="{boundary}"')


def as_png(picture: bytes | None) -> Response:
    """The picture of one prediction."""
    return Response(picture, media_type=PNG)


def in_base64(data: bytes | None) -> str | None:
    """Bytes as JSON can hold them."""
    return None if data is None else base64.b64encode(data).decode()


def _said(answer: Answer) -> dict[str, Any]:
    return {
        "task": answer.run.task,
        "kind": answer.kind,
        "transfer_id": answer.run.transfer_id,
        "sources": list(answer.run.sources),
        "value": answer.value,
    }


def prediction_parts(
    name: str, said: dict[str, Any], png: bytes | None, array: bytes | None
) -> Iterator[bytes]:
    """One prediction in parts: its JSON, then its picture and its array where wanted."""
    yield _part(name, JSON, f"{name}.json", json.dumps(said).encode())
    if png is not None:
        yield _part(name, PNG, f"{name}.png", png)
    if array is not None:
        yield _part(name, "application/octet-stream", f"{name}.npz", array)


def _part(name: str, media_type: str, filename: str, body: bytes) -> bytes:
    head = (
        f"Content-Type: {media_type}\r\n"
        f'Content-Disposition: attachment; name="{name}"; filename="{filename}"\r\n'
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
