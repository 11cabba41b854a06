"""The array types of the renderer, named for what they hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.floating]
Integers = NDArray[np.integer]
Flags = NDArray[np.bool_]
Maps = NDArray[np.float32]
Images = NDArray[np.uint8]
Triple = tuple[Floats, Floats, Floats]
