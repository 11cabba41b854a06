"""One record is one line of `key=value`, whatever is in it."""

import logging
import shlex

import pytest

from app.core.logs import KeyValueFormatter, request_id


def line(message, *arguments, **extra):
    record = logging.makeLogRecord(
        {"name": "app.x", "levelname": "INFO", "msg": message, "args": arguments, "created": 0.0, **extra}
    )
    return KeyValueFormatter().format(record)


def test_a_line_says_when_what_and_who():
    assert line("%s jobs", 3, job="job_1") == (
        'time=1970-01-01T00:00:00.000+00:00 level=info logger=app.x message="3 jobs" job=job_1'
    )


def test_the_request_that_is_answered_is_named():
    token = request_id.set("abc")
    try:
        assert "request=abc" in line("hello")
    finally:
        request_id.reset(token)
    assert "request=" not in line("hello")


@pytest.mark.parametrize("text", ["two\nlines", 'a "quote"', "level=error", "", "nul\x00", "über"])
def test_no_text_can_forge_a_line_or_a_field(text):
    formatted = line(text, path=text)
    assert "\n" not in formatted
    fields = dict(part.split("=", 1) for part in shlex.split(formatted))
    assert fields["level"] == "info"
    assert list(fields) == ["time", "level", "logger", "message", "path"]


def test_an_exception_follows_its_line():
    try:
        raise ZeroDivisionError("why")
    except ZeroDivisionError as error:
        formatted = line("broken", exc_info=(type(error), error, error.__traceback__))
    assert formatted.splitlines()[-1] == "ZeroDivisionError: why"
