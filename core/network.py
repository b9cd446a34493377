"""A layered network: what its layers are, and the numbers they hold.

Parameters and gradient are flat vectors (see `layout`) that each layer views as matrices. Here
they are drawn, stored, loaded and evaluated; how a network learns is in `propagation`.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from core.activations import Activation, activations_of
from core.arrays import PRECISIONS, Array, aligned_zeros
from core.errors import is_count, known, require_numbers, wrong
from core.initializers import Initializer
from core.layout import Layout, Views
from core.names import named
from core.normalization import NORMS, evaluate

MOST_DROPPED = 0.99


@dataclass(frozen=True, slots=True)
class Layer:
    """Views of one layer: `w d_w (*runs, n_in, n_out)`, all others `(*runs, n_out)`.

    Scale and shift belong to a normalised layer; `running (2, *runs, n_out)` are the mean and
    variance that batch norm has followed in training.
    """

    w: Array
    b: Array
    d_w: Array
    d_b: Array
    scale: Array | None
    shift: Array | None
    d_scale: Array | None
    d_shift: Array | None
    running: Array | None


class Network:
    """Dense layers of `sizes` n_0..n_L. The hidden ones, l = 1..L-1, are

        z_l = h_{l-1} W_l + b_l,   u_l = norm(z_l),   a_l = dropout(phi_l(u_l)),
        h_l = h_{l-1} + a_l  if residual and the widths match, else  a_l

    and the last is z_L alone. `activations` is one name or record for all hidden layers or one per
    layer; `norm` a key of `NORMS`; `dropout` the share of hidden outputs that a training step sets
    to zero. `runs` are leading axes: `()` is one network, `(32,)` is 32 side by side.
    `parameters` and `gradient` are (*runs, P).

    Raises ValueError, naming the field, for what cannot be.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: str | Sequence[str | Activation],
        dtype: DTypeLike = np.float32,
        runs: tuple[int, ...] = (),
        *,
        norm: str = "none",
        residual: bool = False,
        dropout: float = 0.0,
    ) -> None:
        if not isinstance(sizes, Sequence) or len(sizes) < 2 or not all(map(is_count, sizes)):
            raise wrong("sizes", sizes, "two or more whole numbers of at least 1")
        if not isinstance(runs, tuple) or not all(map(is_count, runs)):
            raise wrong("runs", runs, "a tuple of whole numbers of at least 1")
        require_numbers("dropout", dropout, 0, MOST_DROPPED)
        self.sizes = tuple(int(n) for n in sizes)
        self.activations = activations_of(activations, len(sizes) - 2)
        self.precision = known("dtype", _name_of(dtype), PRECISIONS)
        self.dtype = self.precision.dtype
        self.runs = runs
        self.norm = known("norm", norm, NORMS)
        self.residual, self.dropout = residual, dropout
        # Whether hidden layer l adds its input to its output.
        self.skips = tuple(residual and a == b for a, b in pairwise(self.sizes[:-1]))
        self.layout = Layout(self.sizes, normalized=self.norm.axis is not None)
        # Kept together, because the norms of both are measured in one call.
        apart = 0 if runs else self.layout.apart()
        self.memory = aligned_zeros((2, *runs, self.layout.n_parameters), self.dtype, apart)
        self.gradient, self.parameters = self.memory
        n_running = sum(self.sizes[1:-1]) if self.norm.keeps_statistics else 0
        self.running = np.zeros((2, *runs, n_running), self.dtype)
        self.running[1] = 1
        self.layers = tuple(self._layers())

    def initialize(
        self,
        initializer: Initializer,
        gain: float | Array,
        rngs: Sequence[Generator],
        bias_std: float = 0.0,
    ) -> None:
        """Draw all parameters anew, one generator per run.

        Weights are multiplied by `gain`, a number or one per run; normal noise of `bias_std` is
        added to the biases. Raises ValueError for a gain that is negative or not finite.
        """
        if np.shape(gain) not in {(), self.runs}:
            raise wrong("gain", np.shape(gain), f"one number, or the shape {self.runs}")
        gains = np.broadcast_to(np.asarray(gain, np.float64), self.runs).ravel()
        require_numbers("gain", gains, 0)
        require_numbers("bias_std", bias_std, 0)
        rows, shapes = self.parameters.reshape(-1, self.layout.n_parameters), self.layout.shapes
        if len(rngs) != len(rows):
            raise wrong("rngs", f"{len(rngs)} of them", f"one per run, {len(rows)}")
        for row, factor, rng in zip(rows, gains, rngs, strict=True):
            drawn = [(initializer.draw(rng, *s), initializer.bias(rng, *s)) for s in shapes]
            row.fill(0)
            for own, (w, b) in zip(self.layout.views(row), drawn, strict=True):
                with np.errstate(over="ignore"):  # a step says where infinity leads
                    own.w[...] = w * factor
                own.b[...] = b + bias_std * rng.standard_normal(len(b)) if bias_std else b
        for layer in self.layers:
            if layer.scale is not None:
                layer.scale.fill(1)
        self.running[0], self.running[1] = 0, 1
        self._round()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are networks of their own, whose views are of their own numbers."""
        how = {"norm": self.norm.name, "residual": self.residual, "dropout": self.dropout}
        given = (self.sizes, self.activations, self.precision.name, self.runs)
        return _restored, (given, how, self.memory.copy(), self.running.copy())

    def predict(self, x: Array) -> Array:
        """Return the output layer's z for inputs x (batch, n_0): (*runs, batch, n_L).

        The network is evaluated: no dropout, and batch norm uses its running statistics.
        """
        # Only the last is kept: new memory costs more than what is written to it.
        (z_out,) = deque(self.signals(x), maxlen=1)
        return z_out

    def signals(self, x: Array, *, training: bool = False) -> Iterator[Array]:
        """Yield z of layer after layer of the evaluated network: (*runs, batch, n_l).

        A layer is computed when it is asked for, with the parameters that it has then. With
        `training`, batch norm uses the statistics of this batch, as a training step does.
        """
        h, last = x, len(self.activations)
        for index, layer in enumerate(self.layers):
            z = h @ layer.w + layer.b[..., None, :]
            yield z
            if index < last:
                h = self._output(index, h, z, training=training)

    def outputs(self, x: Array) -> Iterator[Array]:
        """Yield h of layer after layer of the evaluated network, z of the last one."""
        h, last = x, len(self.activations)
        for index, layer in enumerate(self.layers):
            z = h @ layer.w + layer.b[..., None, :]
            h = self._output(index, h, z) if index < last else z
            yield h

    def _output(self, index: int, h: Array, z: Array, *, training: bool = False) -> Array:
        """What a hidden layer, counted from 0, makes of its input h and its sums z."""
        layer = self.layers[index]
        if layer.scale is not None and layer.shift is not None:
            running = None if training else layer.running
            z = evaluate(self.norm, z, layer.scale, layer.shift, running)
        a = np.empty_like(z)
        self.activations[index].function(z, a)
        return h + a if self.skips[index] else a

    def state(self) -> dict[str, Array]:
        """View all that is learned under the names and in the layout of PyTorch's `state_dict`.

        As for `nn.Sequential(Linear, norm, activation, Linear, ...)`: weights are (*runs, n_out,
        n_in), modules count from 0.
        """
        found = named([Views(x.w, x.b, x.scale, x.shift) for x in self.layers])
        for number, layer in zip(range(1, 3 * len(self.layers), 3), self.layers, strict=True):
            if layer.running is not None:
                found[f"{number}.running_mean"] = layer.running[0]
                found[f"{number}.running_var"] = layer.running[1]
        return found

    def gradients(self) -> dict[str, Array]:
        """View dloss/d(parameter) under the names and in the layout of `state`."""
        return named([Views(x.d_w, x.d_b, x.d_scale, x.d_shift) for x in self.layers])

    def load(self, state: Mapping[str, Array]) -> None:
        """Copy parameters in, named and laid out as `state` has them.

        Raises ValueError for a name or a shape that does not fit; nothing is copied then. Numbers
        that are not finite are taken as they are: a step says where they lead.
        """
        own = self.state()
        for name in state.keys() - own.keys():
            raise wrong("state", name, f"exactly {', '.join(own)}")
        given = {name: _real(name, state.get(name), view.shape) for name, view in own.items()}
        with np.errstate(over="ignore"):
            for name, view in own.items():
                view[...] = given[name]
        self._round()

    def _round(self) -> None:
        with np.errstate(over="ignore"):
            self.precision.round(self.parameters)

    def _layers(self) -> Iterator[Layer]:
        parts = zip(
            self.layout.views(self.parameters), self.layout.views(self.gradient), strict=True
        )
        start = 0
        for (w, b, scale, shift), (d_w, d_b, d_scale, d_shift) in parts:
            stop = start + w.shape[-1]
            running = self.running[..., start:stop] if self.running.shape[-1] >= stop else None
            yield Layer(w, b, d_w, d_b, scale, shift, d_scale, d_shift, running)
            start = stop


def _restored(
    given: tuple[Any, ...], how: dict[str, Any], memory: Array, running: Array
) -> Network:
    network = Network(*given, **how)
    network.memory[...], network.running[...] = memory, running
    return network


def _real(name: str, given: Any, shape: tuple[int, ...]) -> Array:
    """Return real numbers of a shape. Raises ValueError for anything else."""
    try:
        found = np.asarray(given)
    except ValueError:  # rows of different lengths
        raise wrong(name, given, f"the shape {shape}") from None
    if found.shape != shape:
        raise wrong(name, "nothing" if given is None else found.shape, f"the shape {shape}")
    if found.dtype.kind not in "fiub":
        raise wrong(name, found.dtype.name, "real numbers")
    return found


def _name_of(dtype: DTypeLike) -> str:
    return dtype if isinstance(dtype, str) else np.dtype(dtype).name
