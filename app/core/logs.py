"""Logging of every process: one `key=value` line per record, with the request's id where there is one."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from typing_extensions import override

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class KeyValueFormatter(logging.Formatter):
    """`time=… level=… logger=… request=… message="…"`, then what the record was given as `extra`."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        request = request_id.get()
        if request is not None:
            fields["request"] = request
        fields["message"] = record.getMessage()
        fields |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        line = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


def configure_logging(level: str) -> None:
    """Log to standard error; libraries only their warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValueFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("app", "jobs", "models", "uvicorn.error"):
        logging.getLogger(name).setLevel(level)


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and text.isprintable() and not set(text) & set(' "=')
    return text if plain else json.dumps(text, ensure_ascii=False)
