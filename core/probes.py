"""The ground of all that a person asks a network with a pencil: what if this number were another?

A network is only read. Whatever is tried is tried on copies of it in float64, many side by side on
the run axis, with the engine's own forward pass of training on one batch: batch norm takes the
batch's statistics, dropout drops what a given mask says. The questions themselves are in
`differences`, `paths`, `landscape` and `nudges`.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from core.arrays import Array
from core.copies import like
from core.errors import require_numbers, wrong
from core.layout import Views
from core.losses import Loss
from core.network import Layer, Network
from core.normalization import evaluate
from core.pieces import Pieces
from core.places import require_index
from core.propagation import Propagation
from core.targets import fitting

Move = Callable[[Array, slice], object]

CHUNK = 1 << 19  # values; what is computed at once takes about 4 MB


class Signals(NamedTuple):
    """One layer of one forward pass: `h_in (batch, n_in)`, the others `(batch, n_out)`.

    `slope` is dh/du without the residual connection: phi'(u), times the mask of dropout. The output
    layer has u = h = z and slope 1.
    """

    h_in: Array
    z: Array
    slope: Array
    h: Array


class Probe:
    """One network, one batch and a loss.

    `x (batch, n_0)`; `y` as the loss takes it; `smoothing` as in `Loss`. `mask` is the `mask` of a
    `Propagation` of this network and batch, telling which outputs are dropped and how the others
    are scaled; without one nothing is dropped. `center (P,)` are the network's parameters.

    Raises ValueError for a network with leading axes (take one with `alone`), for shapes that do
    not fit, and for batch norm with a batch of one.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        x: Array,
        y: Array,
        smoothing: float = 0.0,
        mask: Array | None = None,
    ) -> None:
        if network.runs:
            raise wrong("network", f"runs {network.runs}", "one network, without leading axes")
        self.network, self.loss, self.smoothing = network, loss, smoothing
        require_numbers("smoothing", smoothing, 0, 1)
        self.x = np.array(x, np.float64)
        if self.x.ndim != 2 or len(self.x) < 1 or self.x.shape[1] != network.sizes[0]:
            raise wrong("x", np.shape(x), f"the shape (batch, {network.sizes[0]})")
        self.batch = len(self.x)
        self.y = fitting(loss, y, (), self.batch, network.sizes[-1])
        self.mask = None if mask is None else np.array(mask, np.float64)
        self.center = network.parameters.astype(np.float64)
        self._one = self._copies(())  # says what else is wrong

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are probes of their own."""
        given = (self.network, self.loss, self.x, self.y, self.smoothing, self.mask)
        return Probe, given

    def losses(
        self, count: int, move: Move, dtype: type[np.floating[Any]] = np.float64
    ) -> Pieces[Array]:
        """Compute the loss at `count` points of the parameter space, chunk by chunk: (count,).

        `move(points, span)` changes `points (k, P)`, rows that hold the present parameters, into
        the points that `span`, a slice of length k, asks for. In single precision it takes half
        the time.
        """
        found = np.zeros(count)
        values = 2 * len(self.center) + 3 * self.batch * max(self.network.sizes)
        size = max(1, min(CHUNK // values, count))
        copies, x = like(self.network, (size,), dtype), self.x.astype(dtype)
        y = self.y.astype(dtype) if np.issubdtype(self.y.dtype, np.floating) else self.y
        y = np.broadcast_to(y, (size, *y.shape))
        for start in range(0, count, size):
            span = slice(start, min(start + size, count))
            points = copies.parameters[: span.stop - start]
            points[...] = self.center
            move(points, span)
            with np.errstate(all="ignore"):  # far out, infinity is an answer
                z = self._out_of(copies, x)
                values_at = self.loss.value_and_gradient(z, y, np.empty_like(z), self.smoothing)
            found[span] = values_at[: len(points)]
            yield span.stop / count
        return found

    def _out_of(self, network: Network, x: Array) -> Array:
        """The output layer's z of copies of the network, (*runs, batch, n_L).

        A forward pass that keeps nothing for the way back: half the work.
        """
        h = x
        for index, layer in enumerate(network.layers):
            h = self._onward(index, layer, h)[-1]
        return h

    def loss_at(self, point: Array) -> float:
        """Return the loss at one point (P,) of the parameter space."""
        self._one.network.parameters[...] = point
        return float(self._loss_of(self._one))

    def gradient(self, index: int = 0, change: float = 0.0) -> tuple[float, Array]:
        """Return the loss and its gradient (P,), from the engine's backward pass in float64.

        `change` is added to a parameter before.
        """
        flow, network = self._one, self._one.network
        network.parameters[...] = self.center
        network.parameters[index] += change
        with np.errstate(all="ignore"):
            value = flow.gradient_of(self.x, self.y, self.loss, self.smoothing)
        return float(value), network.gradient.copy()

    def signals(self, index: int = 0, change: float = 0.0) -> tuple[float, Array, list[Signals]]:
        """Return loss, dloss/dz_L and every layer's signals, with `change` added to a parameter."""
        flow = self._one
        flow.network.parameters[...] = self.center
        flow.network.parameters[index] += change
        value = float(self._loss_of(flow))
        with np.errstate(all="ignore"):
            return value, flow.delta_out.copy(), self._read(flow)

    @cached_property
    def present(self) -> tuple[float, Array, list[Signals]]:
        """What `signals` returns when nothing is changed."""
        return self.signals()

    def losses_with(self, layer: int, own: Views) -> Array:
        """Return the loss (k,) with each of k versions of one layer, counted from 1.

        `own` are its parameters with a leading axis. What comes before them is computed once, what
        comes after them for all at once: far less than for k networks.
        """
        h = self.present[2][layer - 1].h_in
        with np.errstate(all="ignore"):
            h = self._onward(layer - 1, own, h)[-1]
            for index in range(layer, len(self._one.network.layers)):
                h = self._onward(index, self._own[index], h)[-1]
            y = np.broadcast_to(self.y, (len(h), *self.y.shape))
            return self.loss.value_and_gradient(h, y, np.empty_like(h), self.smoothing)

    def require_index(self, index: int) -> None:
        """Raise ValueError unless the network has a parameter of this number."""
        require_index("index", index, len(self.center))

    def _loss_of(self, flow: Propagation) -> Array:
        with np.errstate(all="ignore"):  # far out, infinity is an answer
            flow.forward()
            y = np.broadcast_to(self.y, (*flow.network.runs, *self.y.shape))
            return self.loss.value_and_gradient(flow.out, y, flow.delta_out, self.smoothing)

    def _read(self, flow: Propagation) -> list[Signals]:
        network, found, h_in = flow.network, list[Signals](), flow.x.copy()
        for index, (phi, h) in enumerate(zip(network.activations, flow.h, strict=False)):
            z, u, a, _ = self._onward(index, network.layers[index], h_in)
            slope = np.empty_like(u)
            phi.derivative(u, a, slope)
            if (mask := self._masks[index]) is not None:
                slope *= mask
            found.append(Signals(h_in, z, slope, h.copy()))
            h_in = found[-1].h
        out = flow.out.copy()
        return [*found, Signals(h_in, out, np.ones_like(out), out)]

    def _onward(self, index: int, own: Layer | Views, h_in: Array) -> tuple[Array, ...]:
        """z, u, phi(u) and h of a layer, counted from 0; all may have a leading axis."""
        network = self.network
        n_in, n_out = own.w.shape[-2:]
        if own.w.ndim == 2 and h_in.ndim == 3:  # one product is faster than several small ones
            z = (h_in.reshape(-1, n_in) @ own.w).reshape(*h_in.shape[:-1], n_out)
        else:
            z = h_in @ own.w
        z += own.b[..., None, :]
        if index == len(network.activations):
            return z, z, z, z
        u = z
        if own.scale is not None and own.shift is not None:
            u = evaluate(network.norm, z, own.scale, own.shift, None)
        a = np.empty_like(u)
        network.activations[index].function(u, a)
        mask = self._masks[index]
        h = a if mask is None else a * mask.astype(a.dtype, copy=False)
        return z, u, a, h_in + h if network.skips[index] else h

    @cached_property
    def _own(self) -> list[Views]:
        """The present parameters of every layer."""
        return [*self.network.layout.views(self.center)]

    @cached_property
    def _masks(self) -> list[Array | None]:
        """What dropout does to the outputs of every hidden layer."""
        widths = self.network.sizes[1:-1]
        if self.mask is None or not widths:
            return [None] * len(widths)
        ends = np.cumsum([self.batch * n for n in widths])
        parts = np.split(self.mask, ends[:-1])
        return [part.reshape(n, self.batch).T for part, n in zip(parts, widths, strict=True)]

    def _copies(self, runs: tuple[int, ...]) -> Propagation:
        flow = Propagation(like(self.network, runs, np.float64), self.batch)
        flow.x[...] = self.x
        if self.mask is not None:
            if not self.network.dropout or self.mask.shape != flow.mask.shape[-1:]:
                allowed = f"the shape {flow.mask.shape[-1:]}" if self.network.dropout else "None"
                raise wrong("mask", f"an array {self.mask.shape}", allowed)
            flow.mask[...] = self.mask
        return flow
