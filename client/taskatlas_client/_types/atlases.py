"""Atlases, their networks, transfers, affinities and estimates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Network:
    """A task-specific network and the shares of held-out images on which it beats two baselines."""

    task: str
    win_rate_vs_constant: float | None
    win_rate_vs_random: float | None
    test_loss: float | None
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Atlas:
    """An atlas; `status` says whether its transfers are all there. Lists leave `networks` out."""

    id: str
    name: str
    status: str
    origin: str
    tasks: list[str]
    sources: list[str]
    targets: list[str]
    orders: list[int]
    transfer_count: int
    created_at: datetime
    finished_at: datetime | None = None
    dataset: str | None = None
    base: str | None = None
    job_id: str | None = None
    config: dict[str, Any] | None = None
    code_version: str | None = None
    provenance: dict[str, Any] | None = None
    networks: list[Network] | None = None


@dataclass(frozen=True, slots=True)
class Affinity:
    """Affinities of one order: `values[i][j]` is target i from source j, None where not trained.

    With `normalized` False they are mean win rates.
    """

    targets: list[str]
    sources: list[str]
    values: list[list[float | None]]
    lower_is_better: bool
    order: int
    normalized: bool = True

    def to_numpy(self) -> NDArray[np.float64]:
        """Return `values` as an array of shape (targets, sources), NaN where not trained.

        Raises:
            ImportError: NumPy is not installed (`pip install taskatlas-client[numpy]`).
        """
        import numpy as np  # noqa: PLC0415 - an extra, needed here only

        return np.array(self.values, dtype=np.float64).reshape(len(self.targets), len(self.sources))


@dataclass(frozen=True, slots=True)
class TargetAgreement:
    """How the estimates of one target's sources agree with their affinities; None with fewer than three sources."""

    target: str
    sources: int
    spearman: float | None
    weighted_kendall: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rank correlation of estimates with measured affinities of order 1: means over targets, and all pairs pooled.

    The source `random` is one of those that are ranked, `self` is not.
    """

    spearman: float | None
    weighted_kendall: float | None
    pooled_spearman: float | None
    pooled_weighted_kendall: float | None
    targets: list[TargetAgreement]
    includes_random: bool = True
    includes_self: bool = False


@dataclass(frozen=True, slots=True)
class Estimates:
    """What one estimator says of every first-order transfer, from networks alone.

    `values[i][j]` is target i from source j, higher is better within a row, None where the method is not defined.
    `correlation` is None before the atlas is ready.
    """

    method: str
    targets: list[str]
    sources: list[str]
    values: list[list[float | None]]
    correlation: Agreement | None
    lower_is_better: bool = False

    def to_numpy(self) -> NDArray[np.float64]:
        """Return `values` as an array of shape (targets, sources), NaN where not defined.

        Raises:
            ImportError: NumPy is not installed (`pip install taskatlas-client[numpy]`).
        """
        import numpy as np  # noqa: PLC0415 - an extra, needed here only

        return np.array(self.values, dtype=np.float64).reshape(len(self.targets), len(self.sources))


@dataclass(frozen=True, slots=True)
class Transfer:
    """One measured transfer; what was not measured is None, and lists leave `metrics` and `curves` out."""

    id: str
    sources: list[str]
    target: str
    order: int
    affinity: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_full: float | None
    win_rate: float | None = None
    test_loss: float | None = None
    has_network: bool = False
    metrics: dict[str, float | str] | None = None
    curves: dict[str, Any] | None = None
