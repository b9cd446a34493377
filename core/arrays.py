"""The array type that formulas are written in, and the precisions a network may have."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

PRECISIONS: dict[str, DTypeLike] = {"float32": np.float32, "float64": np.float64}
