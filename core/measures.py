"""How large everything in a network is, layer by layer, after one backward pass.

One matrix per step: a row per quantity, a column per layer. A network is measured at every step,
so the work is a handful of NumPy calls for all layers together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.frobenius import Norms, Part, Row
from core.layout import Block, Piece, stacked
from core.network import Network
from core.propagation import Propagation
from core.saturation import slope_meter


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
            "clipped_gradient_rms",
            "Clipped gradient, RMS",
            "rms ∂loss/∂W clipped",
            "Root mean square of the gradient that the update uses, after clipping.",
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
# First the norms, of h, delta, gradient, clipped gradient, weights and update; then the numbers of
# saturated outputs and of dead units.
GRADIENT_ROW, CLIPPED_ROW, WEIGHT_ROW, UPDATE_ROW = range(2, 6)
COUNT_ROWS = slice(6, 8)
# The raw row of every quantity, in their order; the update ratio is made from two.
SOURCES = (0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 5, 6, 7)


class Meter:
    """Measures one network with one batch size; all views are made here, once.

    `measure_slopes` is called after the forward pass, `measure_flow` after the backward pass;
    `measure_gradient` when clipping is about to change the gradient; `measure_change` for each
    piece of the parameters when its update is known and not yet applied. `complete` then returns
    the step's matrix, float64 (*runs, quantities, layers). Zero, NaN and infinity are results like
    any other.

    `update (*runs, longest piece)` is where the update of one piece after the other lies;
    `proportional` says that it is the gradient times one number per run.
    """

    def __init__(
        self, network: Network, flow: Propagation, update: Array, *, proportional: bool = False
    ) -> None:
        runs, layout, count = network.runs, network.layout, len(network.layers)
        self._raw = raw = np.zeros((*runs, COUNT_ROWS.stop, count))
        counts = raw[..., COUNT_ROWS, :]
        self._slope_meters = [slope_meter(flow, block, counts) for block in flow.slope_blocks]
        n_stretches = layout.pieces[-1].stretches[-1].block.layers.stop
        rows = [Row(count, range(count))] * 2 + [Row(n_stretches, layout.columns)] * 4
        self._norms = Norms(runs, rows, network.dtype)
        self._norms_out = raw.reshape(*runs, -1)[..., : COUNT_ROWS.start * count]
        for piece in layout.pieces:
            changed = _weights(network.memory, piece, 0, CLIPPED_ROW)
            updated = _weights(update[None], piece, piece.span.start, UPDATE_ROW)
            multiple = (CLIPPED_ROW, UPDATE_ROW) if proportional else None
            self._norms.add_group([*changed, *updated], multiple)
        for piece in layout.pieces:
            self._norms.add_group(_weights(network.gradient[None], piece, 0, GRADIENT_ROW))
        self._norms.add_group(_signals(flow, block) for block in flow.blocks)
        self._n_pieces = len(layout.pieces)
        batches = np.array([flow.batch * n for n in network.sizes[1:]])
        areas = np.array([n_in * n_out for n_in, n_out in layout.shapes])
        self._divisors = np.ones((*runs, len(QUANTITIES), count))
        for name, divisor in (
            ("activation_rms", np.sqrt(batches)),
            ("signal_gradient_rms", np.sqrt(batches)),
            ("weight_gradient_rms", np.sqrt(areas)),
            ("clipped_gradient_rms", np.sqrt(areas)),
            ("saturated_share", batches),
            ("dead_share", network.sizes[1:]),
        ):
            self._divisors[..., ROW[name], :] = divisor
        self._weight_norms = raw[..., WEIGHT_ROW, :]
        self._ratio_divisors = self._divisors[..., ROW["update_ratio"], :]
        self._clipped, self._unclipped = np.array(SOURCES), np.array(SOURCES)
        self._unclipped[self._unclipped == GRADIENT_ROW] = CLIPPED_ROW
        self._sources = self._unclipped

    def measure_slopes(self) -> None:
        """Count saturated and dead units, after the forward pass."""
        for measure in self._slope_meters:
            measure()

    def measure_flow(self) -> float:
        """Measure h and delta after the backward pass; returns the largest norm of any layer."""
        self._norms.start()
        self._sources = self._unclipped
        return self._norms.take(2 * self._n_pieces)

    def measure_gradient(self) -> Array:
        """Measure the weight gradient before it is clipped; returns its norms (*runs, layers)."""
        for piece in range(self._n_pieces):
            self._norms.take(self._n_pieces + piece)
        self._sources = self._clipped
        self._norms.finish(self._norms_out)
        norms: Array = self._raw[..., GRADIENT_ROW, :]
        return norms

    def square_of(self, rate: Array) -> Array:
        """Return what `measure_change` needs to know of the rate, () or (*runs, 1)."""
        return self._norms.exact((rate * rate)[..., None] if rate.ndim else rate * rate)

    def measure_change(self, piece: int, square: Array | None = None) -> None:
        """Measure a piece's gradient, weights and update, before the update is applied.

        `square` is the square of the number that a proportional update is made with.
        """
        self._norms.take(piece, square)

    def complete(self) -> Array:
        """Derive the rest and return the step's matrix."""
        self._norms.finish(self._norms_out)
        np.copyto(self._ratio_divisors, self._weight_norms)  # |update| / |W|
        matrix = self._raw.take(self._sources, -2)
        np.divide(matrix, self._divisors, matrix)
        return matrix


def _signals(flow: Propagation, block: Block) -> Part:
    """h and delta of a block of layers, a row each."""
    rows = flow.rows_of(flow.memory, block)
    return rows.reshape(*rows.shape[:-2], rows.shape[-2] * rows.shape[-1]), 0, block


def _weights(flat: Array, piece: Piece, start: int, row: int) -> Iterator[Part]:
    """A piece's weights in vectors (rows, *runs, ...) that begin at `start` of the layout."""
    for block, first, length in piece.stretches:
        yield stacked(flat, first - start, block.count, (length,)), row, block
