"""What of a frozen source the estimators look at: features and class probabilities of a target's rows."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks.device import device_of, on_accelerator
from models.networks.weights import WeightsError
from models.tasks.examples import EVALUATION_BATCH, channels_last
from models.transfer.estimators.arrays import Numbers
from models.transfer.estimators.samples import Sample
from models.transfer.representations import Representation
from models.transfer.saved import SavedTask, load_task

MAX_WIDTH = 128
"""Features of an example as a whole, at most."""
ROWS_PER_FEATURE = 4
"""Examples that there must be for each: with more features than examples every source fits every label."""
_SIDES = (4, 2, 1)  # cells a side of the grids that examples are averaged to, where that is not too wide


def features(representation: Representation, sample: Sample) -> Numbers:
    """Features of a target's rows from a source's representations of its inputs.

    Of a cell: the channels of its 3 x 3 neighbourhood, zero beyond the border, which is what the first convolution of
    a transfer head sees there. Of an example as a whole: the map averaged to 4 x 4 cells and flattened, to 2 x 2 or
    to one if that were more than 128 numbers or more than a quarter of the examples. A vector head reads the whole
    map, so that place counts, and the whole map may have more numbers than there are examples. The sizes are the same
    for all sources.

    Args:
        representation: (n, C, h, w) of the split `transfer`.
        sample: m rows.

    Returns:
        (m, d) float64.
    """
    if sample.cells is None:
        maps = torch.from_numpy(representation[sample.examples].astype(np.float32))
        width = min(MAX_WIDTH, len(maps) // ROWS_PER_FEATURE) // maps.shape[1]
        side = next((side for side in _SIDES if side <= min(maps.shape[2:]) and side**2 <= width), 1)
        return F.adaptive_avg_pool2d(maps, side).flatten(1).double().numpy()
    examples, position = np.unique(sample.examples, return_inverse=True)
    padded = np.pad(representation[examples].astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    down, across = sample.cells.T
    offsets = np.arange(3)
    seen = padded[
        position[:, None, None],
        :,
        down[:, None, None] + offsets[:, None],
        across[:, None, None] + offsets,
    ]
    return seen.reshape(len(position), -1)


def class_network(weights: bytes) -> SavedTask | None:
    """The source's network if it answers with classes, of an image or of every pixel; else None."""
    try:
        task = load_task(weights)
    except WeightsError:
        return None  # the untrained encoder has no decoder
    return task if task.definition.task.output.kind in {"class", "classes"} else None


def class_probabilities(source: SavedTask, representation: Representation, sample: Sample) -> Numbers | None:
    """The source's class probabilities for a target's rows.

    Those of pixels are averaged: over the cell, or over the image where a row is an example as a whole. Those of an
    image hold for each of its cells.

    Args:
        source: a network that answers with classes.
        representation: (n, C, h, w) of the split `transfer`.
        sample: m rows.

    Returns:
        (m, Z) float64, rows sum to 1; None where the target has another number of images than the source takes.
    """
    if representation.shape[1:] != source.decoder_shape:
        return None
    examples, position = np.unique(sample.examples, return_inverse=True)
    maps = torch.from_numpy(representation[examples].astype(np.float32))
    grid = (1, 1) if sample.cells is None else source.decoder_shape[1:]
    decoder = on_accelerator(source.network.decoder)
    with torch.no_grad():
        shares = torch.cat(
            [
                _shares(decoder(channels_last(part.to(device_of(decoder)))).cpu(), grid)
                for part in maps.split(EVALUATION_BATCH)
            ]
        )
    rows = torch.from_numpy(position)
    down, across = torch.from_numpy(
        np.zeros((2, len(rows)), np.int64) if sample.cells is None else sample.cells.T
    )
    found = shares[rows, :, down, across].double()
    return (found / found.sum(1, keepdim=True)).numpy()


def _shares(scores: Tensor, grid: tuple[int, int]) -> Tensor:
    """Class scores of images (N, Z) or pixels (N, Z, H, W) as probabilities per cell: (N, Z, rows, columns)."""
    shares = torch.softmax(scores, dim=1)
    if shares.dim() == 2:
        return shares[:, :, None, None].expand(-1, -1, *grid)
    return F.adaptive_avg_pool2d(shares, grid)
