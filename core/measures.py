"""How large everything in a network is, layer by layer, after one backward pass.

One matrix per step: a row per quantity, a column per layer. A network is measured at every step,
so the work is a handful of NumPy calls for all layers together.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.frobenius import Norms, Row
from core.network import Network
from core.propagation import Propagation
from core.saturation import counting
from core.squares import signals_of, weights_of


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
# What is measured in a step, before anything is derived from it, in rows: first the norms, of h,
# delta, clipped gradient, weights, update and gradient; then the numbers of saturated outputs and
# of dead units.
CLIPPED_ROW, WEIGHT_ROW, UPDATE_ROW, GRADIENT_ROW = range(2, 6)
N_NORMS = 6
# Values of a network and its signals. Up to here, all norms are taken at one moment; that saves 1.5
# us of 18. Of more, the signals are measured while they are in the cache.
LITTLE = 1 << 15
# The row of every quantity, in their order; the update ratio is made from two.
SOURCES = (0, 1, 5, 2, 3, 4, 0, 1, 5, 2, 4, 6, 7)


class Meter:
    """Measures one network with one batch size; all views are made here, once.

    Units are counted at the end of each forward pass. `measure_flow` follows the backward pass;
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
        # As it is found, and in float64: a root with a cast takes 0.6 us, a root and a copy 0.35.
        self._found = np.zeros((*runs, N_NORMS + 2, count), network.dtype)
        self._raw = np.zeros(self._found.shape)
        for block in flow.slope_blocks:
            stop = block.layers.stop + (block.layers.stop == count - 1)
            counts = self._found[..., N_NORMS:, block.first : stop]
            flow.let_follow(counting(flow, block, counts))
        n_stretches = layout.pieces[-1].stretches[-1].block.layers.stop
        rows = [Row(count, range(count))] * 2 + [Row(n_stretches, layout.columns)] * 4
        self._norms = Norms(runs, rows, network.dtype)
        self._rough = self._norms.rough
        flat = *runs, (N_NORMS + 2) * count
        roots, self._norms_out = (
            v.reshape(flat)[..., : N_NORMS * count] for v in (self._found, self._raw)
        )
        self._finish = self._norms.finish(roots)
        self._found_row, self._raw_row = self._found.reshape(-1), self._raw.reshape(-1)
        self._weight_norms = self._raw[..., WEIGHT_ROW, :]
        comb = layout.comb()
        for piece in layout.pieces:
            changed = [*weights_of(network.memory, piece, 0, CLIPPED_ROW, comb)]
            updated = [*weights_of(update[None], piece, piece.span.start, UPDATE_ROW)]
            multiple = (CLIPPED_ROW, UPDATE_ROW) if proportional else None
            self._norms.add_group([*changed, *updated], multiple)
        for piece in layout.pieces:
            gradient = weights_of(network.gradient[None], piece, 0, GRADIENT_ROW, comb)
            self._norms.add_group(gradient)
        signals = [*signals_of(flow)]
        self._flow = self._norms.add_group(signals)
        self._n_pieces, self.knows_all = len(layout.pieces), False
        is_little = flow.memory.size + network.memory.size <= LITTLE
        self.at_once = proportional and n_stretches == count and is_little
        if self.at_once:
            whole = self._norms.add_group([*signals, *changed, *updated], multiple)
            self._take_all = self._norms.take_exact(whole)
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
        self._ratio_divisors = self._divisors[..., ROW["update_ratio"], :]
        self._clipped = np.array(SOURCES)
        self._unclipped = np.where(self._clipped == GRADIENT_ROW, CLIPPED_ROW, self._clipped)
        self._sources = self._unclipped

    def measure_flow(self) -> float:
        """Measure h and delta after the backward pass; returns the largest norm of any layer."""
        self._rough.clear()
        self._sources, self.knows_all = self._unclipped, False
        return self._norms.take(self._flow)

    def measure_all(self, square: Array) -> float:
        """Do as `measure_flow`, and measure what `measure_change` would.

        For a meter `at_once`, when the update will be the gradient, as it is now, times a number
        with this square. If the meter `knows_all` then, `measure_change` is not called.
        """
        self._rough.clear()
        largest = self._take_all(square)
        if largest is None:
            return self.measure_flow()
        self._sources, self.knows_all = self._unclipped, True
        return largest

    def measure_gradient(self) -> None:
        """Measure the weight gradient before it is clipped."""
        for piece in range(self._n_pieces):
            self._norms.take(self._n_pieces + piece)
        self._sources = self._clipped

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
        call, args = self._finish
        call(*args)
        self._raw_row[...] = self._found_row
        if self._rough:
            self._norms.correct(self._norms_out)
        self._ratio_divisors[...] = self._weight_norms  # |update| / |W|
        matrix: Array = self._raw.take(self._sources, -2)
        np.divide(matrix, self._divisors, matrix)
        return matrix
