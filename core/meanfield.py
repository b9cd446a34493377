"""Mean-field theory of a wide network: signal up and gradient down, a few numbers per layer.

The wider the layers, the more nearly normal is every pre-activation z, so that its mean square q
says everything about it; delta_l = dloss/dz_l is described by its mean square. Nothing is drawn or
run here, and nothing here knows of an engine.

Sources: Poole et al. 2016 (arXiv 1606.05340) for q; Schoenholz et al. 2017 (arXiv 1611.01232) for
delta and dropout; Doshi, He and Gromov 2023 (arXiv 2111.12143) for layer norm; Yang et al. 2019
(arXiv 1902.08129) for batch norm; Yang and Schoenholz 2017 (arXiv 1712.08969) for residual
connections, De and Smith 2020 (arXiv 2002.10444) for those with batch norm.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.initializers import Initializer
from core.normalization import EPSILON
from core.quadrature import Moments, moments

NOTHING = Moments()


@dataclass(frozen=True, slots=True)
class Rule:
    """What all layers share; `norm` is "none", "batch" or "layer".

    `keep` is the share of hidden outputs that dropout keeps.
    """

    initializer: Initializer
    bias_mean: float
    gain: float
    bias_std: float
    norm: str
    residual: bool
    keep: float

    @property
    def is_normed(self) -> bool:
        return self.norm != "none"

    def bias_variance(self, n_in: int) -> float:
        return self.bias_std**2 + self.initializer.bias_square(n_in) - self.bias_mean**2

    def weight_variance(self, n_in: int, n_out: int, below: float) -> float:
        """Variance of a weight above a layer with E[h^2] = `below`."""
        if self.initializer.data_dependent:  # scaled until z has the variance gain^2
            wanted = max(0.0, self.gain**2 - self.bias_variance(n_in))
            return wanted / (n_in * below) if below else 0.0
        return self.gain**2 * (self.initializer.weight_variance(n_in, n_out) or 0.0)


@dataclass(frozen=True, slots=True)
class Signal:
    """h of a layer: mean and mean square over units; variance over the batch, for batch norm."""

    mean: float = 0.0
    square: float = 0.0
    variance: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What a layer makes of the signal below; the output layer has no `averages slope out`."""

    q: float  # variance of z_l
    fan_out: float  # n_l Var(w_l): what carries delta_l back to h_{l-1}
    fan_in: float  # the weights' share of q: n_{l-1} Var(w_l) E[h_{l-1}^2] / q_l
    skips: bool = False
    averages: Moments = NOTHING
    slope: float = 0.0  # mean square of delta_l relative to dloss/dh_l
    out: Signal = Signal()


def constant_bias(initializer: Initializer) -> float:
    """Return the initialiser's bias where it is the same number for all units, else 0."""
    one, other = initializer.bias(np.random.default_rng(0), 1, 2).tolist()
    return float(one) if one == other else 0.0


def forward(
    rule: Rule, sizes: Sequence[int], activations: Sequence[Activation], input_square: float
) -> list[Step]:
    """Follow a signal of mean 0 through the layers: one step each, the output's last."""
    steps = list[Step]()
    signal = Signal(0.0, input_square, input_square)
    for shape, activation in zip(pairwise(sizes[:-1]), activations, strict=True):
        steps.append(hidden(rule, shape, activation, signal))
        signal = steps[-1].out
    return [*steps, linear(rule, (sizes[-2], sizes[-1]), signal)]


def linear(rule: Rule, shape: tuple[int, int], below: Signal) -> Step:
    n_in, n_out = shape
    variance = rule.weight_variance(n_in, n_out, below.square)
    # q_l = n_{l-1} Var(w_l) E[h_{l-1}^2] + sb2
    carried = n_in * variance * below.square if variance else 0.0
    q = carried + rule.bias_variance(n_in)
    share = carried / q if 0 < q < math.inf else 1.0
    return Step(q, n_out * variance, share)


def hidden(rule: Rule, shape: tuple[int, int], activation: Activation, below: Signal) -> Step:
    step = linear(rule, shape, below)
    # u = z / sqrt(v + eps), where v is the variance that the normalisation takes away
    v = step.q
    if rule.norm == "batch":
        v *= step.fan_in * (below.variance / below.square if below.square else 0.0)
    if rule.is_normed:
        averages = moments(activation, 1 / (1 + EPSILON / v) if v else 0.0)
    else:
        averages = moments(activation, v, rule.bias_mean)
    square = averages.square / rule.keep
    skips = rule.residual and shape[0] == shape[1]
    base = below if skips else Signal()
    # E[h_l^2] = E[h_{l-1}^2] + 2 E[h_{l-1}] E[a_l] + E[a_l^2]
    out = Signal(
        base.mean + averages.mean,
        base.square + (2 * base.mean * averages.mean if skips else 0.0) + square,
        max(0.0, base.variance + square - averages.mean**2) if rule.norm == "batch" else 0.0,
    )
    # delta_l = phi'(u_l) / sqrt(v + eps) dloss/dh_l
    slope = averages.slope_square / rule.keep / (v + EPSILON if rule.is_normed else 1)
    return replace(step, skips=skips, averages=averages, slope=slope, out=out)


def factor(step: Step, above: Step) -> float:
    """chi_l: mean square of delta_l over that of delta_{l+1}.

    With D_l = dloss/dh_l:  delta_l^2 = slope_l D_l^2,
    D_l^2 = n_{l+1} Var(w_{l+1}) delta_{l+1}^2, plus D_{l+1}^2 where layer l+1 is skipped.
    """
    skipped = step.slope / above.slope if above.skips and above.slope else float(above.skips)
    return step.slope * above.fan_out + skipped


def factors(rule: Rule, sizes: Sequence[int], steps: Sequence[Step]) -> Array:
    """chi_l for all hidden layers l (L - 1,), from the steps of all layers."""
    independent = np.array([factor(*pair) for pair in pairwise(steps)])
    silent = not all(step.out.square for step in steps[:-1])  # nothing to be correlated with
    if rule.is_normed or silent or not any(step.skips for step in steps):
        return independent
    with np.errstate(all="ignore"):
        correlated = _correlated_factors(rule.keep, sizes, steps)
    return correlated if np.isfinite(correlated).all() else independent


def _correlated_factors(keep: float, sizes: Sequence[int], steps: Sequence[Step]) -> Array:
    """chi_l where skips keep h and D = dloss/dh correlated, to first order in 1/n.

    Derived here, and held against measured networks in the tests; no paper is known to have it.

    Of the weights only what z tells is fixed, so that, with < > the average over units,

        D_{l-1} = D_l + kappa P_l h_{l-1} + noise,   P_l = <z_l a'_l D_l>,   kappa = n_l / n p

    where n and p = <h^2> are of layer l-1. As h_l contains a_l, D_l = K_l a_l + D' with D'
    independent of z_l. The second moments of x = (<D>, <h D>, K) close the recursion. They start
    as 1/n of <D^2>, but if phi has a mean they grow faster than it: with ReLU and 20 layers of 256
    units the gradient grows by 7 % more per layer than if it were independent of the signal.
    """
    noise = d2 = steps[-1].fan_out  # of <D^2>, the part that is independent of z; all of it
    x_x = np.zeros((3, 3))  # E[x x^T], like d2 relative to the mean square of delta above
    found = list[float]()
    for index in reversed(range(len(steps) - 1)):
        step, n = steps[index], sizes[index + 1]
        average, out, skips = step.averages, step.out, float(step.skips)
        x_x[:2, :2] += noise / n * np.array([[1, out.mean], [out.mean, out.square]])
        # <D'>, <a D>, and P = <z a' D> as products with x
        a_a, z_a_slope = average.square / keep, average.square * average.square_response / keep
        rest = np.array([1.0, 0.0, -average.mean])
        own = np.array([0.0, 0.0, 1.0])
        a_d = average.mean * rest + a_a * own
        pull = average.pull * rest + z_a_slope * own
        # delta_l^2 = E[a'^2] <D'^2> + 2 K E[a a'^2] <D'> + K^2 E[a^2 a'^2]
        rest_square = d2 - 2 * average.mean * (own @ x_x @ rest) - a_a * x_x[2, 2]
        delta_square = step.slope * rest_square + average.mixed_square / keep**3 * x_x[2, 2]
        delta_square += 2 * average.mixed / keep**2 * (own @ x_x @ rest)
        found.append(delta_square)
        if index == 0:
            break
        d2, x_x, noise = d2 / delta_square, x_x / delta_square, step.fan_out
        below = steps[index - 1].out
        kappa = step.fan_in * n / (sizes[index] * below.square)
        # <h_{l-1} D_l> = <h_l D_l> - <a_l D_l>
        h_d = skips * (np.array([0.0, 1.0, 0.0]) - a_d)
        d2 = skips * d2 + 2 * kappa * (pull @ x_x @ h_d) + noise
        d2 += kappa**2 * below.square * (pull @ x_x @ pull)
        down = np.array([[skips, 0, 0], h_d, skips * own])
        down += kappa * np.outer([below.mean, below.square, 1], pull)
        x_x = down @ x_x @ down.T
    return np.array(found[::-1])
