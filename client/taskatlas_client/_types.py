"""What the calls answer; names and fields are those of the HTTP contract."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Scope = Literal["read", "infer", "train", "admin"]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field of a request: JSON pointer and what is wrong with it."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` fetches the next one, None on the last."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """What a task predicts: kind, shape (None = the image's height or width) and unit."""

    kind: str
    shape: list[int | None]
    unit: str


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the dictionary."""

    name: str
    title: str
    group: str
    inputs: int
    output: TaskOutput
    loss: str
    metric: str
    source_only: bool
    paper_name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a task can be trained on a data set: labelled views, and why not or what to know of them."""

    available: bool
    views: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of a data set that is there and is not used."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Views of a split that lack labels: an atlas of one of the tasks leaves them out."""

    split: str
    tasks: list[str]
    views: int


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What the validation of a data set found: views by split, and what each task can be trained on."""

    image_size: int | None
    splits: dict[str, int]
    tasks: dict[str, Availability]
    skipped: list[SkippedFile]
    skipped_total: int | None = None
    gaps: list[Gap] = field(default_factory=list[Gap])
    own_tasks: list[Task] = field(default_factory=list[Task])


@dataclass(frozen=True, slots=True)
class Dataset:
    """A registered data set with its validation report."""

    id: str
    name: str
    kind: str
    created_at: datetime
    location: str | None = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    fingerprint: str | None = None
    report: DatasetReport | None = None


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


@dataclass(frozen=True, slots=True)
class TargetMetric:
    """What a number of a novel target's metrics means."""

    unit: str
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What there is to know of a novel target's task; `inputs` images make one prediction."""

    title: str
    inputs: int
    kind: str
    loss: str
    metrics: dict[str, TargetMetric]


@dataclass(frozen=True, slots=True)
class TargetImages:
    """How many images a novel target's numbers stand on."""

    labels: int
    validation: int
    test: int


@dataclass(frozen=True, slots=True)
class TargetModel:
    """A transfer to a novel target, or the network from scratch on the same labels; None was not measured.

    `validation_loss` alone ranks; everything else is measured on the test images.
    """

    id: str
    kind: Literal["transfer", "scratch"]
    sources: list[str]
    order: int
    validation_loss: float
    test_loss: float
    affinity: float | None
    win_rate: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_constant: float | None
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class ConstantGuess:
    """The best guess without looking."""

    validation_loss: float
    test_loss: float
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class NovelTarget:
    """A task outside an atlas, reached from its networks; lists leave `facts`, `ranking` and what follows out.

    `ranking` has the best on the validation images first; `best` is what `infer` serves, once all is trained.
    """

    id: str
    name: str
    status: str
    atlas_id: str
    dataset: str
    task: str
    images: TargetImages
    sources: list[str]
    orders: list[int]
    created_at: datetime
    finished_at: datetime | None = None
    job_id: str | None = None
    config: dict[str, Any] | None = None
    code_version: str | None = None
    facts: TargetFacts | None = None
    ranking: list[TargetModel] | None = None
    scratch: TargetModel | None = None
    constant: ConstantGuess | None = None
    best: TargetModel | None = None


@dataclass(frozen=True, slots=True)
class Solver:
    """Which solver answered, and how long it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ChosenTransfer:
    """The transfer a taxonomy gives to one target."""

    target: str
    sources: list[str]
    affinity: float | None
    win_rate_vs_scratch: float | None
    win_rate_vs_full: float | None


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of sources and what it brings: an alternative to the best."""

    objective: float
    sources: list[str]
    cost: float
    transfers: list[ChosenTransfer]
    unreachable_targets: list[str]


@dataclass(frozen=True, slots=True)
class SourceWorth:
    """What a chosen source is worth: who uses it, and what the objective loses without it."""

    source: str
    targets: list[str]
    loss: float
    lost_targets: list[str]


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """What a target would take next from the chosen sources; `sources` None: nothing."""

    target: str
    sources: list[str] | None
    affinity: float | None
    loss: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a taxonomy is as it is: sources by worth, targets by name."""

    sources: list[SourceWorth]
    targets: list[RunnerUp]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The best choice of sources under a budget; `optimal` means proven."""

    budget: float
    max_order: int
    objective: float
    optimal: bool
    gap: float | None
    solver: Solver
    sources: list[str]
    cost: float
    transfers: list[ChosenTransfer]
    unreachable_targets: list[str]
    alternatives: list[Selection]
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The best objective at one budget; `optimal` means proven."""

    budget: float
    objective: float
    sources: list[str]
    optimal: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """The task similarity tree: linkage rows (left, right, distance, size) and the same nested."""

    names: list[str]
    linkage: list[list[float]]
    root: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """How near the tasks of one group stand in the tree; None of a single task."""

    group: str
    tasks: list[str]
    within: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Clustering:
    """Whether tasks of one group stand nearer than chance: `statistic` is `between` less `within`."""

    statistic: float
    within: float
    between: float
    p_value: float
    permutations: int
    seed: int
    groups: list[Cluster]
    ungrouped_tasks: list[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure of the optimum among those of random taxonomies; `percentile` is of those it beats."""

    optimum: float
    mean: float
    quantiles: list[float]
    percentile: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Control:
    """The optimum against one kind of random taxonomy; None where nothing was measured.

    The correlations are Spearman's, over the random taxonomies, of the objective with mean gain and mean quality.
    """

    objective: Comparison | None
    gain: Comparison | None
    quality: Comparison | None
    gain_correlation: float | None = None
    quality_correlation: float | None = None


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """How alike two atlases rank the same transfers; rank correlations are None of fewer than three or of ties only.

    `spearman` and `kendall` rank all transfers together, the means are of the targets' own correlations.
    """

    order: int | None
    transfers: int
    spearman: float | None
    kendall: float | None
    mean_spearman: float | None
    mean_kendall: float | None
    targets: int


@dataclass(frozen=True, slots=True)
class TargetComparison:
    """How alike two atlases rank the sources of one target, and the best single source of each."""

    target: str
    transfers: int
    spearman: float | None
    kendall: float | None
    best_source: str | None
    best_source_with: str | None
    same_best_source: bool | None


@dataclass(frozen=True, slots=True)
class AtlasComparison:
    """How alike two atlases rank the transfers that both have measured; `overall.order` is None: all orders."""

    atlas: str
    with_atlas: str
    include_self: bool
    include_random: bool
    transfers: int
    transfers_only_in_atlas: int
    transfers_only_in_other: int
    overall: OrderComparison
    orders: list[OrderComparison]
    targets: list[TargetComparison]
    same_best_source: float | None


@dataclass(frozen=True, slots=True)
class Significance:
    """The optimal taxonomy against random feasible ones; `levels` are those of all quantiles.

    `random` has random sources and random transfers from them, `wired` the best transfers from the same sources.
    """

    budget: float
    max_order: int
    seed: int
    samples: int
    drawn: int
    optimal: bool
    sources: list[str]
    unreachable_targets: list[str]
    levels: list[float]
    random: Control
    wired: Control


@dataclass(frozen=True, slots=True)
class Prediction:
    """One network's prediction: a JSON value, or a picture, or both.

    `transfer_id` and `sources` are set where it came through a transfer.
    """

    task: str
    kind: str
    transfer_id: str | None = None
    sources: list[str] = field(default_factory=list[str])
    value: Any = None
    png: str | None = None
    array: str | None = None

    def png_bytes(self) -> bytes | None:
        """Return the rendered picture as PNG bytes, None if the answer holds none."""
        return None if self.png is None else base64.b64decode(self.png)


@dataclass(frozen=True, slots=True)
class JobResource:
    """What a job makes."""

    kind: str
    id: str
    href: str


@dataclass(frozen=True, slots=True)
class JobProblem:
    """Why a job failed."""

    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `progress` is 0 to 1, `eta_s` seconds or None while unknown.

    `children` counts the jobs of a group by state; None for a single job.
    """

    id: str
    kind: str
    title: str
    state: JobState
    progress: float
    step: str
    eta_s: float | None
    attempt: int
    created_at: datetime
    parent_id: str | None = None
    resource: JobResource | None = None
    result: dict[str, Any] | None = None
    error: JobProblem | None = None
    children: dict[str, int] | None = None
    cancel_requested: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether the job is in a state it never leaves."""
        return self.state in {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One server-sent event of a job; `id` resumes the stream after it."""

    id: str | None
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as listed: its secret is never shown again."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewKey(Key):
    """A key just made; `secret` is shown this once."""

    secret: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the server takes requests and jobs, part by part."""

    status: str
    checks: dict[str, Any] = field(default_factory=dict[str, Any])
