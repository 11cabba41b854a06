"""The states of a job, and the kinds of its events."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a job is. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


STARTING = "starting"
"""The step of a job that was claimed and has not said anything yet."""

FINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


class EventKind(StrEnum):
    """What those who follow a job are told of: a change of its state, or how it gets on."""

    STATE = "state"
    PROGRESS = "progress"
