import pytest
from taskatlas_client import JobEvent, MalformedResponseError
from taskatlas_client._events import parse_events


def test_events_are_read_and_comments_are_signs_of_life():
    lines = [": ping", "", "id: 1", "event: progress", 'data: {"progress": 0.5}', "", "data: {}", ""]
    assert list(parse_events(lines)) == [
        None,
        JobEvent("1", "progress", {"progress": 0.5}),
        JobEvent("1", "message", {}),
    ]


def test_data_may_span_lines():
    assert list(parse_events(["data: {", 'data: "a": 1}', ""])) == [JobEvent(None, "message", {"a": 1})]


def test_an_incomplete_last_event_is_dropped():
    assert list(parse_events(["id: 1", "data: {}"])) == []


@pytest.mark.parametrize("data", ["nonsense", "[1]"])
def test_data_that_is_no_object_is_refused(data):
    with pytest.raises(MalformedResponseError):
        list(parse_events([f"data: {data}", ""]))
