"""What of a target the estimators look at: which examples or cells of the bottleneck, and their labels.

Labels are those of the split `transfer`, which transfers see; the test split is never read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.data.views import Views
from models.tasks.definition import Target
from models.tasks.examples import EVALUATION_BATCH, Examples
from models.training.seeds import derived_seed
from models.transfer.config import AtlasConfig
from models.transfer.estimators.arrays import Labels, Numbers
from models.transfer.estimators.bins import quantile_bins
from models.transfer.representations import inputs_kind
from models.transfer.saved import load_task

SPLIT = "transfer"
MAX_ROWS = 4096
"""Examples of a vector or class, or cells of a map, at most: a ranking of a large atlas stays within a minute."""
MAX_MAPS = 1024
"""Examples that cells are drawn from, at most."""
_KNOWN = 0.5  # share of a cell's pixels that must count
_VECTORS, _MAPS = ("class", "vector"), ("classes", "image", "map")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of a target, m of them, the same for every source.

    Attributes:
        target: its name.
        representations: under which name representations of its inputs are kept.
        examples: (m,) positions in the split; sorted.
        cells: (m, 2) row and column in the bottleneck grid; None where a row is an example as a whole.
        columns: (m, k) centred numbers: the values of a regression, or the one-hot columns of classes; none is
            constant.
        labels: (m,) each: the classes, or bins of every column of a regression; at least one.
    """

    target: str
    representations: str
    examples: Labels
    cells: Labels | None
    columns: Numbers
    labels: tuple[Labels, ...]


def draw_sample(config: AtlasConfig, target: str, network: bytes, views: Views) -> Sample | None:
    """Draw the rows of a target, with a seed that follows from the atlas's.

    Examples of a vector or class are rows as they are. Of a map the rows are cells of the bottleneck grid: numbers are
    averaged over the pixels of the cell that count, of classes the most frequent is taken, and cells of which less
    than half counts are left out.

    Args:
        config: of the atlas.
        target: a task.
        network: `TaskNetwork.weights` of it; its statistics make losses and labels comparable.
        views: the data set, with the target's labels prepared.

    Returns:
        The rows; None where no estimator is defined: the labels mean nothing beyond one image (`embedding`), or all
        are the same.
    """
    task = load_task(network)
    kind = task.definition.task.output.kind
    if kind not in (*_VECTORS, *_MAPS):
        return None
    generator = np.random.default_rng(derived_seed(config.seed, target, "estimators"))
    examples = Examples(task.definition, views, SPLIT)
    chosen = _some(len(examples), MAX_ROWS if kind in _VECTORS else MAX_MAPS, generator)
    _, height, width = task.decoder_shape
    seen = inputs_kind(task.definition)
    if kind == "class":
        classes = [part.values.argmax(1) for part in _targets(examples, chosen)]
        return _sample(target, seen, chosen, None, torch.cat(classes))
    if kind == "vector":
        values = [part.values.flatten(1) for part in _targets(examples, chosen)]
        return _sample(target, seen, chosen, None, torch.cat(values))
    pooled = majority if kind == "classes" else averages
    parts = [pooled(part, (height, width)) for part in _targets(examples, chosen)]
    labels, known = (torch.cat(each) for each in zip(*parts, strict=True))
    places = known.nonzero().numpy()
    places = places[_some(len(places), MAX_ROWS, generator)]
    row, down, across = torch.from_numpy(places).unbind(1)
    return _sample(target, seen, chosen[places[:, 0]], places[:, 1:], labels[row, down, across])


def averages(target: Target, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Numbers per pixel as means per cell.

    Args:
        target: values (N, C, H, W), mask (N, 1 or C, H, W) or None.
        grid: rows and columns of cells.

    Returns:
        (N, rows, columns, C) means over the pixels that count, and (N, rows, columns) whether enough of them do.
    """
    values = target.values.float()
    if target.mask is None:
        means = F.adaptive_avg_pool2d(values, grid)
        return means.movedim(1, -1), torch.ones(len(values), *grid, dtype=torch.bool)
    mask = target.mask.expand_as(values)
    shares = F.adaptive_avg_pool2d(mask.float(), grid)
    sums = F.adaptive_avg_pool2d(values.masked_fill(~mask, 0.0), grid)
    return (sums / shares.clamp_min(1e-6)).movedim(1, -1), (shares >= _KNOWN).all(1)


def majority(target: Target, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Classes per pixel as the most frequent class of each cell; of equally frequent ones the first.

    Args:
        target: values (N, H, W) classes from 0, mask (N, H, W) or None.
        grid: rows and columns of cells.

    Returns:
        (N, rows, columns) classes, and (N, rows, columns) whether enough of the cell's pixels count.
    """
    ids = target.values.long()
    mask = torch.ones_like(ids, dtype=torch.bool) if target.mask is None else target.mask
    ids = ids.masked_fill(~mask, 0)
    shares = torch.stack(
        [F.adaptive_avg_pool2d(((ids == each) & mask).float(), grid) for each in range(int(ids.max()) + 1)]
    )
    return shares.argmax(0), shares.sum(0) >= _KNOWN


def _targets(examples: Examples, chosen: Labels) -> Iterator[Target]:
    """Targets of some examples, with fixed noise, in batches."""
    for start in range(0, len(chosen), EVALUATION_BATCH):
        arrays = examples.arrays(chosen[start : start + EVALUATION_BATCH])
        yield examples.definition.target(arrays, examples.definition.noise(arrays, None))


def _some(count: int, limit: int, generator: np.random.Generator) -> Labels:
    """At most `limit` of `count` positions, each set equally likely; sorted."""
    if count <= limit:
        return np.arange(count)
    return np.sort(generator.choice(count, limit, replace=False))


def _sample(
    target: str, representations: str, examples: Labels, cells: Labels | None, values: Tensor
) -> Sample | None:
    """Rows with the labels that can tell sources apart: (m,) classes, or (m, k) numbers."""
    if values.dim() == 1:
        classes, numbered = np.unique(values.numpy(), return_inverse=True)
        columns = np.eye(len(classes))[numbered]
        labels = (numbered.astype(np.int64),)
    else:
        columns = values.double().numpy()
        labels = tuple(quantile_bins(column) for column in columns.T) if len(columns) else ()
    labels = tuple(each for each in labels if each.size and each.max() > 0)
    columns = columns[:, np.ptp(columns, axis=0) > 0] if len(columns) else columns
    if not labels:
        return None
    return Sample(target, representations, examples, cells, columns - columns.mean(axis=0), labels)
