"""Names of the estimators, and what they say. No torch here: the service reads it."""

from dataclasses import dataclass
from typing import Literal, get_args

Method = Literal["logme", "leep", "hscore", "transrate"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an estimator says of one transfer before it trains.

    Attributes:
        method: the estimator.
        source: whose frozen representation was looked at; `random` for the untrained encoder.
        target: whose labels.
        value: finite; higher is better, among sources of one target and one method alone. None = not defined.
    """

    method: Method
    source: str
    target: str
    value: float | None
