"""How large everything in a network is, layer by layer, after one backward pass.

One matrix per step: a row per quantity, a column per layer. A network is measured at every step,
so the work is a handful of NumPy calls for all layers together. Smallness is the subject here:
squares that leave the range of float32 are taken again in float64.
"""

from dataclasses import dataclass
from types import EllipsisType
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.network import Block, Network
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = 0.05

# Values whose squares are summed, and where the sums belong: (..., rows, columns).
Part: TypeAlias = tuple[Array, tuple[EllipsisType, slice, slice]]


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
WEIGHT_ROWS = slice(2, 5)  # weight gradient, weights, update, as they lie in the network's memory
NORM_ROWS = slice(0, 5)
RMS_ROWS = slice(5, 8)
RMS_SOURCES = slice(0, 3)


class Meter:
    """Measures one network with one batch size; all views are made here, once.

    A step's matrix, float64 (*runs, quantities, layers), is made by `measure_flow` after the
    backward pass. `measure_change` is called for each piece of the parameters when its update is
    known and not yet applied, and `complete` derives the rest. Zero, NaN and infinity are results
    like any other.
    """

    def __init__(self, network: Network, flow: Propagation) -> None:
        self._shape = (*network.runs, len(QUANTITIES), len(network.layers))
        self._exact_above = float(np.finfo(network.dtype).tiny) ** 0.75
        self._flow_parts = [
            _part(flow.rows_of(flow.memory, block), FLOW_ROWS, block.layers)
            for block in flow.blocks
        ]
        self._plan_changes(network)
        self._slope_meters = [_SlopeMeter(flow, block) for block in flow.slope_blocks]
        batches = [flow.batch * n for n in network.sizes[1:]]
        self._rms_scale = 1 / np.sqrt([batches, batches, [a * b for a, b in network.shapes]])

    def _plan_changes(self, network: Network) -> None:
        """A large layer is cut into several parts, so its sums come in several columns."""
        self._change_parts: list[tuple[list[Part], Array]] = []
        layer_of_column = [
            layer
            for piece in network.pieces
            for part in piece.parts
            for layer in range(part.layers.start, part.layers.stop)
        ]
        self._first_columns = np.unique(layer_of_column, return_index=True)[1]
        self._sums = np.zeros((*network.runs, 3, len(layer_of_column)))
        column = 0
        for piece in network.pieces:
            first, parts = column, []
            for part in piece.parts:
                values = network.part_of(network.memory, part)
                parts.append(_part(values, slice(0, 3), slice(column, column + part.count)))
                column += part.count
            self._change_parts.append((parts, self._sums[..., first:column]))

    def measure_flow(self) -> Array:
        """Start a step's matrix with the squares of h and delta in `FLOW_ROWS`."""
        measured = np.zeros(self._shape)
        _write_squares(self._flow_parts, measured)
        found = measured[..., FLOW_ROWS, :]
        if not (found.min() > self._exact_above and found.max() < np.inf):
            _write_squares(self._flow_parts, measured, wide=True)
        return measured

    def measure_change(self, piece: int) -> None:
        """Take the squares of a piece's weights, gradient and update, before it is applied."""
        parts, found = self._change_parts[piece]
        _write_squares(parts, self._sums)
        if not (found.min() > self._exact_above and found.max() < np.inf):
            _write_squares(parts, self._sums, wide=True)

    def complete(self, measured: Array) -> None:
        """Fill the rest of a step's matrix."""
        weights = measured[..., WEIGHT_ROWS, :]
        np.add.reduceat(self._sums, self._first_columns, axis=-1, out=weights)
        norms = measured[..., NORM_ROWS, :]
        np.sqrt(norms, norms)
        np.multiply(measured[..., RMS_SOURCES, :], self._rms_scale, measured[..., RMS_ROWS, :])
        np.divide(
            measured[..., ROW["update_norm"], :],
            measured[..., ROW["weight_norm"], :],
            measured[..., ROW["update_ratio"], :],
        )
        for meter in self._slope_meters:
            meter.measure(measured)


def _write_squares(parts: list[Part], target: Array, *, wide: bool = False) -> None:
    """Write each part's sum of squares, per layer, to its place in `target`.

    Where float32 gives 0, infinity or few digits, `wide` takes them again in float64.
    """
    for values, place in parts:
        numbers = values.astype(np.float64) if wide else values
        target[place] = np.vecdot(numbers, numbers)


def _part(arrays: Array, rows: slice, columns: slice) -> Part:
    """View values (kind, *runs, layer, a, b) as (*runs, kind, layer, elements)."""
    flat = arrays.reshape(*arrays.shape[:-2], arrays.shape[-2] * arrays.shape[-1])
    return np.moveaxis(flat, 0, -3), (..., rows, columns)


class _SlopeMeter:
    """Counts saturated and dead units of a block of hidden layers with one activation."""

    def __init__(self, flow: Propagation, block: Block) -> None:
        activation = flow.network.activations[block.first]
        slopes = flow.slopes_of(block)
        *leading, batch, width = slopes.shape
        self._slopes = slopes
        self._flat = slopes.reshape(*leading, batch * width)
        self._absolute = None if activation.monotone else np.absolute
        self._threshold = slopes.dtype.type(SATURATED_SHARE_OF_MAX * activation.max_slope)
        self._width, self._elements = width, batch * width
        self._ones = np.ones((1, batch), slopes.dtype)
        # One byte per value, padded to whole words: the bits set in a word are counted at once.
        words = np.zeros((*leading, -(-self._elements // 8)), np.uint64)
        self._words = words
        self._mask = words.view(np.bool_)[..., : self._elements]
        self._saturated = (..., ROW["saturated_share"], block.layers)
        self._dead = (..., ROW["dead_share"], block.layers)

    def measure(self, measured: Array) -> None:
        absolute = self._absolute
        np.less(absolute(self._flat) if absolute else self._flat, self._threshold, self._mask)
        saturated = np.add.reduce(np.bitwise_count(self._words), axis=-1)
        measured[self._saturated] = saturated / self._elements
        if saturated.max() < self._ones.size:
            return  # a dead unit is saturated for the whole batch: none can be
        slopes = absolute(self._slopes) if absolute else self._slopes
        totals = np.matmul(self._ones, slopes)[..., 0, :]
        measured[self._dead] = np.add.reduce(totals == 0, axis=-1) / self._width
