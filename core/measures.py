"""How large everything in a network is, layer by layer, after one backward pass.

One matrix per step: a row per quantity, a column per layer. A network is measured at every step,
so the work is a handful of NumPy calls for all layers together. Smallness is the subject here:
norms whose squares leave the range of the precision are taken again with scaled values.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.network import Block, Network, Piece
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = 0.05

Place: TypeAlias = tuple[EllipsisType, slice, slice]  # (..., rows, columns)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row of the measured matrix, with the words a plot needs.

    `symbol` is its formula; `logarithmic` says that a plot should start with a log axis;
    `hidden_only` that the output layer, having no activation, has none.
    """

    name: str
    label: str
    symbol: str
    help: str
    logarithmic: bool = True
    hidden_only: bool = False


# The first five are norms, in the order in which the meter fills them.
QUANTITIES: dict[str, Quantity] = {
    record.name: record
    for record in (
        Quantity(
            "activation_norm",
            "Activation, norm",
            "‖h‖",
            "Frobenius norm of the layer's output over the batch.",
        ),
        Quantity(
            "signal_gradient_norm",
            "Signal gradient, norm",
            "‖∂loss/∂z‖",
            "Frobenius norm of what the chain rule carries back to the layer.",
        ),
        Quantity(
            "weight_gradient_norm",
            "Weight gradient, norm",
            "‖∂loss/∂W‖",
            "Frobenius norm of the gradient that the update uses.",
        ),
        Quantity("weight_norm", "Weights, norm", "‖W‖", "Frobenius norm of the layer's weights."),
        Quantity("update_norm", "Update, norm", "‖ΔW‖", "Frobenius norm of the weights' change."),
        Quantity(
            "activation_rms",
            "Activation, RMS",
            "rms h",
            "Root mean square of the layer's output: the size of the forward signal.",
        ),
        Quantity(
            "signal_gradient_rms",
            "Signal gradient, RMS",
            "rms ∂loss/∂z",
            "Root mean square of what the chain rule carries back to the layer.",
        ),
        Quantity(
            "weight_gradient_rms",
            "Weight gradient, RMS",
            "rms ∂loss/∂W",
            "Root mean square of the gradient that the update uses.",
        ),
        Quantity(
            "update_ratio",
            "Update to weight ratio",
            "‖ΔW‖ / ‖W‖",
            "How far one step moves the layer's weights, relative to them; near 0.001 is healthy.",
        ),
        Quantity(
            "saturated_share",
            "Saturated units",
            "share |φ'| < 5 % of max",
            "Share of unit outputs so far out that the activation's slope is nearly gone.",
            logarithmic=False,
            hidden_only=True,
        ),
        Quantity(
            "dead_share",
            "Dead units",
            "share φ' = 0 for the batch",
            "Share of units that pass no gradient back for any sample of the batch.",
            logarithmic=False,
            hidden_only=True,
        ),
    )
}
ROW = {name: index for index, name in enumerate(QUANTITIES)}
FLOW_ROWS = slice(0, 2)  # h and delta, measured over a batch
MEMORY_ROWS = slice(2, 4)  # weight gradient and weights, as they lie in the network's memory
UPDATE_ROWS = slice(4, 5)
NORM_ROWS = slice(0, 5)
RMS_SOURCES = slice(0, 3)
RMS_ROWS = slice(5, 8)
SHARE_ROWS = slice(9, 11)


class Meter:
    """Measures one network with one batch size; all views are made here, once.

    `measure_slopes` is called after the forward pass, `measure_flow` after the backward pass,
    `measure_change` for each piece of the parameters when its update is known and not yet applied.
    `complete` then returns the step's matrix, float64 (*runs, quantities, layers). Zero, NaN and
    infinity are results like any other.
    """

    def __init__(self, network: Network, flow: Propagation) -> None:
        self._matrix = matrix = np.zeros((*network.runs, len(QUANTITIES), len(network.layers)))
        self._slope_meters = [_SlopeMeter(flow, block, matrix) for block in flow.slope_blocks]
        self._norms = _Norms(matrix[..., NORM_ROWS, :], network.dtype)
        self._norms.add_group(
            (flow.rows_of(flow.memory, block), FLOW_ROWS, block.layers) for block in flow.blocks
        )
        for piece in network.pieces:
            self._norms.add_group(_changes(network, piece))
        batches = np.array([flow.batch * n for n in network.sizes[1:]])
        sizes = np.array([batches, batches, [n_in * n_out for n_in, n_out in network.shapes]])
        self._rms = (matrix[..., RMS_SOURCES, :], np.sqrt(sizes), matrix[..., RMS_ROWS, :])
        shares = matrix[..., SHARE_ROWS, :]
        self._shares = (shares, np.array([batches, network.sizes[1:]]), shares)
        names = ("update_norm", "weight_norm", "update_ratio")
        self._ratio = [matrix[..., ROW[name], :] for name in names]

    def measure_slopes(self) -> None:
        """Count saturated and dead units, after the forward pass."""
        for meter in self._slope_meters:
            meter.measure()

    def measure_flow(self) -> float:
        """Measure h and delta after the backward pass; returns the largest norm of any layer."""
        self._norms.start()
        return self._norms.take(0)

    def measure_change(self, piece: int) -> None:
        """Measure a piece's weights, gradient and update, before the update is applied."""
        self._norms.take(1 + piece)

    def complete(self) -> Array:
        """Derive the rest and return the step's matrix."""
        self._norms.finish()
        for dividend, divisor, quotient in (self._rms, self._shares, self._ratio):
            np.divide(dividend, divisor, quotient)
        return self._matrix.copy()


# Values (rows, *runs, layers, a, b), and the rows and the layers of the matrix they belong to.
Placed: TypeAlias = tuple[Array, slice, slice]


def _changes(network: Network, piece: Piece) -> Iterator[Placed]:
    for block in piece.blocks:
        yield network.weights_of(network.memory, block), MEMORY_ROWS, block.layers
        yield network.update_of(piece, block)[None], UPDATE_ROWS, block.layers


class _Norms:
    """Norms of groups of values, taken at different moments.

    Each group is summed when asked for, as it is then; `finish` takes all roots at once.
    """

    def __init__(self, norms: Array, dtype: np.dtype[Any]) -> None:
        self._norms = norms
        self._squares = np.zeros(norms.shape, dtype)
        self._exact_above = float(np.finfo(dtype).tiny) ** 0.75
        self._groups = list[tuple[Array, list[tuple[Array, Place, Array]]]]()
        self._scaled = list[tuple[Place, Array]]()

    def add_group(self, group: Iterable[Placed]) -> None:
        """Plan to measure values that are known at the same moment."""
        parts = [
            (_flattened(values), (..., rows, layers), self._squares[..., rows, layers])
            for values, rows, layers in group
        ]
        places = [place for _, place, _ in parts]
        rows = slice(places[0][1].start, places[-1][1].stop)
        layers = slice(places[0][2].start, places[-1][2].stop)
        self._groups.append((self._squares[..., rows, layers], parts))

    def start(self) -> None:
        """Forget a step that was not finished."""
        self._scaled.clear()

    def take(self, group: int) -> float:
        """Sum the squares of a group as it is now; returns the largest norm."""
        squares, parts = self._groups[group]
        for values, _, sums in parts:
            np.vecdot(values, values, sums)
        # argmin and argmax find NaN too, and take a quarter of the time of min and max.
        low, high = squares.item(squares.argmin()), squares.item(squares.argmax())
        if low > self._exact_above and high < np.inf:
            return math.sqrt(high)
        scaled = [(place, _scaled_norms(values)) for values, place, _ in parts]
        self._scaled += scaled
        return float(np.max([norms.max() for _, norms in scaled]))

    def finish(self) -> None:
        """Write the norms of all groups."""
        np.sqrt(self._squares, self._norms)
        for place, norms in self._scaled:
            self._norms[place] = norms


def _flattened(values: Array) -> Array:
    """View values (rows, *runs, layers, a, b) as (*runs, rows, layers, elements)."""
    flat = values.reshape(*values.shape[:-2], values.shape[-2] * values.shape[-1])
    return np.moveaxis(flat, 0, -3)


def _scaled_norms(values: Array) -> Array:
    """Return the norms along the last axis, where squares would be 0, infinite or inexact."""
    largest = np.abs(values).max(axis=-1, keepdims=True).astype(np.float64)
    largest[(largest == 0) | np.isinf(largest)] = 1
    scaled = values / largest
    norms: Array = largest[..., 0] * np.sqrt(np.vecdot(scaled, scaled))
    return norms


class _SlopeMeter:
    """Counts saturated and dead units of a block of hidden layers with one activation."""

    def __init__(self, flow: Propagation, block: Block, matrix: Array) -> None:
        activation = flow.network.activations[block.first]
        self._slopes = flow.slopes_of(block)
        *leading, self._batch, width = self._slopes.shape
        self._elements = self._batch * width
        self._ones = np.ones((1, self._batch), flow.x.dtype)
        self._saturated = matrix[..., ROW["saturated_share"], block.layers]
        self._dead = matrix[..., ROW["dead_share"], block.layers]
        self._is_step = activation.is_step
        # What follows is for slopes that are not a step.
        self._absolute = None if activation.monotone else np.absolute
        self._threshold = np.array(SATURATED_SHARE_OF_MAX * activation.max_slope, flow.x.dtype)
        self._flat = self._slopes.reshape(*leading, self._elements)
        # One byte per value, padded to whole words: the bits set in a word are counted at once.
        self._words = np.zeros((*leading, -(-self._elements // 8)), np.uint64)
        self._mask = self._words.view(np.bool_)[..., : self._elements]

    def measure(self) -> None:
        """Write how many values are saturated and how many units are dead, per layer."""
        if self._is_step:  # a sum of slopes counts the active samples
            active = self._totals(self._slopes)
            np.subtract(self._elements, np.add.reduce(active, -1), self._saturated)
            np.add.reduce(active == 0, axis=-1, out=self._dead)
            return
        absolute = self._absolute
        np.less(absolute(self._flat) if absolute else self._flat, self._threshold, self._mask)
        saturated = np.add.reduce(np.bitwise_count(self._words), -1)
        self._saturated[...] = saturated
        self._dead.fill(0)
        if saturated.max() >= self._batch:  # a dead unit is saturated for the whole batch
            totals = self._totals(absolute(self._slopes) if absolute else self._slopes)
            np.add.reduce(totals == 0, axis=-1, out=self._dead)

    def _totals(self, slopes: Array) -> Array:
        """Sums over the batch, (*runs, count, width)."""
        totals: Array = np.matmul(self._ones, slopes)[..., 0, :]
        return totals
