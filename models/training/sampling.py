"""Which examples a step sees: a function of seed and step, so that a resumed run draws the same batches."""

import numpy as np
from numpy.typing import NDArray


class Batches:
    """Shuffled epochs over `count` examples; what does not fill a batch at an epoch's end is left out of it.

    Args:
        count: examples to draw from.
        batch_size: examples per step, at most `count`.
        seed: non-negative.
    """

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        if not 1 <= batch_size <= count:
            message = f"batch_size must lie in [1, {count}], got {batch_size}"
            raise ValueError(message)
        self._count, self._size, self._seed = count, batch_size, seed
        self._epoch, self._order = -1, np.empty(0, dtype=np.int64)

    def indices(self, step: int) -> NDArray[np.int64]:
        """The examples of optimiser step `step`, counted from 0: (batch_size,), without repetition."""
        epoch, batch = divmod(step, self._count // self._size)
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng((self._seed, epoch)).permutation(self._count)
        return self._order[batch * self._size : (batch + 1) * self._size]
