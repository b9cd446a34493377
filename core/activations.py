"""The non-linearities a hidden layer may have, each beside its derivative.

A record holds both functions, so that neither can be changed without the other in view. They
write into arrays made by the caller. Nothing here knows of layers or of training.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from core import nonlinearities as phi
from core.arrays import MANY, Array, Call, kept
from core.errors import Registry, known, wrong

Function = Callable[[Array, Array], object]
Derivative = Callable[[Array, Array, Array], object]

FAR = 50.0
FLAT_SHARE_OF_MAX = 0.05  # of the largest slope: below it a unit counts as saturated


@dataclass(frozen=True, slots=True)
class Activation:
    """A non-linearity `h = phi(z)`, elementwise.

    `function(z, h)` writes phi(z) into `h`, another array; `derivative(z, h, slope)` writes phi'(z)
    into `slope`, which may be `z` itself, and may use `h = phi(z)`. All share shape and dtype.
    A finite `z` never gives NaN. `max_slope` is the supremum of |phi'|, the yardstick of
    saturation; `monotone` says phi' is never negative, `is_step` that it is 0 or 1 and nothing
    else; `kinks` are the z where phi' jumps. `initializer` is the one whose weights were made for
    such an activation. `ready(z, h)`, if there is one, gives what to call instead of `function`
    when the same two arrays are used again and again, or None.
    """

    name: str
    label: str
    formula: str
    function: Function
    derivative: Derivative
    max_slope: float = 1.0
    monotone: bool = True
    is_step: bool = False
    kinks: tuple[float, ...] = ()
    initializer: str = "xavier_normal"
    ready: Callable[[Array, Array], Call | None] | None = None

    @property
    def in_one_call(self) -> bool:
        """Whether NumPy computes it in one call, as far as the number of values allows."""
        return self.ready is not None or isinstance(self.function, np.ufunc)


def _relu_ready(z: Array, h: Array) -> Call | None:
    """How to do as `relu`, with all that can be looked up before: for few values 0.29 us, not 0.43.

    None for many, to which more memory would be more to read.
    """
    if h.size > MANY:
        return None
    return partial(np.maximum, z, kept(0, h.shape, h.dtype), out=h), ()


ACTIVATIONS = Registry(
    "activation",
    Activation(
        "identity",
        "Identity (linear)",
        "z",
        phi.identity,
        phi.identity_slope,
        is_step=True,
        ready=lambda z, h: (np.positive, (z, h)),
    ),
    Activation("sigmoid", "Sigmoid", "1 / (1 + exp(-z))", phi.sigmoid, phi.sigmoid_slope, 0.25),
    Activation("tanh", "Tanh", "tanh(z)", np.tanh, phi.tanh_slope),
    Activation(
        "relu",
        "ReLU",
        "max(0, z)",
        phi.relu,
        phi.relu_slope,
        is_step=True,
        kinks=(0.0,),
        initializer="he_normal",
        ready=_relu_ready,
    ),
    Activation(
        "leaky_relu",
        "Leaky ReLU",
        "z if z > 0 else 0.01 z",
        phi.leaky_relu,
        phi.leaky_relu_slope,
        kinks=(0.0,),
        initializer="he_normal",
    ),
    Activation(
        "elu",
        "ELU",
        "z if z > 0 else exp(z) - 1",
        phi.elu,
        phi.elu_slope,
        initializer="he_normal",
    ),
    Activation(
        "selu",
        "SELU",
        "1.0507 (z if z > 0 else 1.6733 (exp(z) - 1))",
        phi.selu,
        phi.selu_slope,
        phi.SELU_SCALE * phi.SELU_ALPHA,
        kinks=(0.0,),
        initializer="lecun_normal",
    ),
    Activation(
        "gelu",
        "GELU (tanh form)",
        "z/2 (1 + tanh(0.7979 (z + 0.044715 z³)))",
        phi.gelu,
        phi.gelu_slope,
        1.1289930686587718,
        monotone=False,
        initializer="he_normal",
    ),
    Activation(
        "silu",
        "SiLU (Swish)",
        "z / (1 + exp(-z))",
        phi.silu,
        phi.silu_slope,
        1.0998393201288669,
        monotone=False,
        initializer="he_normal",
    ),
    Activation(
        "softplus",
        "Softplus",
        "log(1 + exp(z))",
        phi.softplus,
        phi.softplus_slope,
        initializer="he_normal",
    ),
    Activation("softsign", "Softsign", "z / (1 + |z|)", phi.softsign, phi.softsign_slope),
    Activation(
        "hardtanh",
        "Hard tanh",
        "min(max(z, -1), 1)",
        phi.hardtanh,
        phi.hardtanh_slope,
        is_step=True,
        kinks=(-1.0, 1.0),
    ),
    Activation(
        "mish",
        "Mish",
        "z tanh(log(1 + exp(z)))",
        phi.mish,
        phi.mish_slope,
        1.0884981612517279,
        monotone=False,
        initializer="he_normal",
    ),
    Activation("sine", "Sine", "sin(z)", np.sin, phi.sine_slope, monotone=False),
)


@cache
def flat_sides(activation: Activation) -> int:
    """Return on how many sides, none to 2, the slope is gone far out: there units may saturate."""
    far = np.array([-FAR, FAR])
    h, slope = np.empty(2), np.empty(2)
    with np.errstate(all="ignore"):
        activation.function(far, h)
        activation.derivative(far, h, slope)
    return int((np.abs(slope) < FLAT_SHARE_OF_MAX * activation.max_slope).sum())


def is_linear(activation: Activation) -> bool:
    """Return whether the slope is the same everywhere."""
    return activation.is_step and not activation.kinks


def activations_of(given: str | Sequence[str | Activation], count: int) -> tuple[Activation, ...]:
    """Return the records of `count` hidden layers: one name or record for all, or one per layer.

    Raises ValueError for another number of them and for a name that there is not.
    """
    if not isinstance(given, str | Sequence):
        raise wrong("activations", given, "one name, or one per hidden layer")
    each = [given] * count if isinstance(given, str) else list(given)
    if len(each) != count:
        raise wrong("activations", f"{len(each)} of them", f"one per hidden layer, {count}")
    return tuple(
        one if isinstance(one, Activation) else known("activations", one, ACTIVATIONS)
        for one in each
    )
