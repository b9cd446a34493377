"""How large everything in a network is, layer by layer, after one backward pass.

One matrix per step: a row per quantity, a column per layer. A network is measured at every step,
so the work is a handful of NumPy calls for all layers together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.frobenius import Norms, Part
from core.layout import Block, Piece, stacked
from core.network import Network
from core.propagation import Propagation

SATURATED_SHARE_OF_MAX = 0.05


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


# The first six are norms, in the order in which the meter fills them.
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
            "Frobenius norm of the gradient of the layer's weights, before clipping.",
        ),
        Quantity(
            "clipped_gradient_norm",
            "Clipped gradient, norm",
            "‖∂loss/∂W‖ clipped",
            "Frobenius norm of the gradient that the update uses, after clipping.",
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
            "Root mean square of the gradient of the layer's weights, before clipping.",
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
# What is measured in a step, before anything is derived from it: a matrix of raw rows.
SIGNAL_ROWS = slice(0, 2)  # norms of h and delta
WEIGHT_ROWS = slice(2, 6)  # norms of gradient, clipped gradient, weights, update
COUNT_ROWS = slice(6, 8)  # saturated outputs, dead units
GRADIENT_ROW, CLIPPED_ROW = 2, 3
# The raw row of every quantity, in their order; the update ratio is made from two.
SOURCES = (0, 1, 2, 3, 4, 5, 0, 1, 2, 5, 6, 7)


class Meter:
    """Measures one network with one batch size; all views are made here, once.

    `measure_slopes` is called after the forward pass, `measure_flow` after the backward pass;
    `measure_gradient` when clipping is about to change the gradient; `measure_change` for each
    piece of the parameters when its update is known and not yet applied. `complete` then returns
    the step's matrix, float64 (*runs, quantities, layers). Zero, NaN and infinity are results like
    any other.

    `update (*runs, longest piece)` is where the update of one piece after the other lies.
    """

    def __init__(self, network: Network, flow: Propagation, update: Array) -> None:
        runs, layout, count = network.runs, network.layout, len(network.layers)
        self._raw = raw = np.zeros((*runs, COUNT_ROWS.stop, count))
        counts = raw[..., COUNT_ROWS, :]
        self._slope_meters = [_SlopeMeter(flow, block, counts) for block in flow.slope_blocks]
        self._signals = Norms((*runs, 2, count), network.dtype)
        self._signals.add_group(_signals(flow, block) for block in flow.blocks)
        n_stretches = layout.pieces[-1].stretches[-1].block.layers.stop
        self._weights = Norms((*runs, 4, n_stretches), network.dtype, layout.columns)
        for piece in layout.pieces:
            changed = _weights(network.memory, piece, 0, 1)
            updated = _weights(update[None], piece, piece.span.start, 3)
            self._weights.add_group([*changed, *updated])
        for piece in layout.pieces:
            self._weights.add_group(_weights(network.gradient[None], piece, 0, 0))
        self._n_pieces = len(layout.pieces)
        batches = np.array([flow.batch * n for n in network.sizes[1:]])
        areas = np.array([n_in * n_out for n_in, n_out in layout.shapes])
        self._divisors = np.ones((len(QUANTITIES), count))
        for name, divisor in (
            ("activation_rms", np.sqrt(batches)),
            ("signal_gradient_rms", np.sqrt(batches)),
            ("weight_gradient_rms", np.sqrt(areas)),
            ("saturated_share", batches),
            ("dead_share", network.sizes[1:]),
        ):
            self._divisors[ROW[name]] = divisor
        self._clipped, self._unclipped = np.array(SOURCES), np.array(SOURCES)
        self._unclipped[self._unclipped == GRADIENT_ROW] = CLIPPED_ROW
        self._sources = self._unclipped

    def measure_slopes(self) -> None:
        """Count saturated and dead units, after the forward pass."""
        for meter in self._slope_meters:
            meter.measure()

    def measure_flow(self) -> float:
        """Measure h and delta after the backward pass; returns the largest norm of any layer."""
        self._signals.start()
        self._weights.start()
        self._sources = self._unclipped
        return self._signals.take(0)

    def measure_gradient(self) -> Array:
        """Measure the weight gradient before it is clipped; returns its norms (*runs, layers)."""
        for piece in range(self._n_pieces):
            self._weights.take(self._n_pieces + piece)
        self._sources = self._clipped
        self._weights.finish(self._raw[..., WEIGHT_ROWS, :])
        norms: Array = self._raw[..., GRADIENT_ROW, :]
        return norms

    def measure_change(self, piece: int) -> None:
        """Measure a piece's gradient, weights and update, before the update is applied."""
        self._weights.take(piece)

    def complete(self) -> Array:
        """Derive the rest and return the step's matrix."""
        self._signals.finish(self._raw[..., SIGNAL_ROWS, :])
        self._weights.finish(self._raw[..., WEIGHT_ROWS, :])
        matrix = self._raw.take(self._sources, -2)
        np.divide(matrix, self._divisors, matrix)
        ratio, weights = matrix[..., ROW["update_ratio"], :], matrix[..., ROW["weight_norm"], :]
        np.divide(ratio, weights, ratio)  # |update| / |W|
        return matrix


def _signals(flow: Propagation, block: Block) -> Part:
    """h and delta of a block of layers, a row each."""
    rows = flow.rows_of(flow.memory, block)
    return rows.reshape(*rows.shape[:-2], rows.shape[-2] * rows.shape[-1]), 0, block


def _weights(flat: Array, piece: Piece, start: int, row: int) -> Iterator[Part]:
    """A piece's weights in vectors (rows, *runs, ...) that begin at `start` of the layout."""
    for block, first, length in piece.stretches:
        yield stacked(flat, first - start, block.count, (length,)), row, block


class _SlopeMeter:
    """Counts saturated and dead units of a block of hidden layers with one activation."""

    def __init__(self, flow: Propagation, block: Block, counts: Array) -> None:
        activation = flow.network.activations[block.first]
        self._slopes = flow.slopes_of(block)
        *leading, self._batch, width = self._slopes.shape
        self._elements = self._batch * width
        self._ones = np.ones((1, self._batch), flow.x.dtype)
        self._saturated = counts[..., 0, block.layers]
        self._dead = counts[..., 1, block.layers]
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
