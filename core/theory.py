"""What theory predicts of a wide, fresh network, and how far to trust it.

The recursions are those of `meanfield`; here they become curves to draw over a measurement, the
point that they settle at in very deep networks, and words where there is no prediction or a network
of finite width strays from it. Nothing here knows of an engine.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.initializers import Initializer
from core.meanfield import Rule, Step, constant_bias, factor, factors, forward, hidden
from core.quadrature import moments

MOST_AMPLIFIED, MOST_STRAYED = 0.009, 0.05  # per layer, relative; beyond, a caution
TINIEST, LARGEST = 1e-10, 1e10  # a variance that drifts beyond them goes to 0 or to infinity
CRITICAL = 1e-12  # relative; what is closer than that to criticality counts as critical


@dataclass(frozen=True, slots=True)
class Prediction:
    """Arrays per layer, layer L being the output; None without a theory, with `reason` saying why.

    `q (L,)` is the mean square of z_l, its variance unless biases are constant; `rms_h (L - 1,)`
    the root mean square of a hidden layer's output. `factors (L - 1,)` is RMS delta_l over RMS
    delta_{l+1}, the last from the output to the last hidden layer; `signal_gradient (L - 1,)` is
    RMS delta_l relative to the last hidden layer's; `mean_factor` the geometric mean of the factors
    between hidden layers (None if there is only one).

    If all layers were as the last hidden one, q would go to `q_star`, and the mean square of delta
    would then change by the factor `chi_star` per layer and by e (RMS by sqrt(e)) over
    `depth_scale` layers, infinitely many at criticality. `stable` says that q_star is finite and
    that a deviation from it does not grow.

    `strays` is how far, relative and per layer, a network of this width is expected to lie from
    `mean_factor`; `caution` is not empty where that is too much to trust the curve. `steady` says
    that small differences in the size of the signal do not grow from layer to layer.
    """

    reason: str = ""
    caution: str = ""
    q: Array | None = None
    rms_h: Array | None = None
    factors: Array | None = None
    signal_gradient: Array | None = None
    mean_factor: float | None = None
    q_star: float | None = None
    chi_star: float | None = None
    depth_scale: float | None = None
    stable: bool | None = None
    strays: float | None = None
    steady: bool | None = None


def predict(
    sizes: Sequence[int],
    activations: Sequence[Activation],
    initializer: Initializer,
    gain: float,
    bias_std: float,
    input_square: float,
    norm: str = "none",
    residual: bool = False,
    dropout: float = 0.0,
) -> Prediction:
    """Predict a network of `sizes` n_0..n_L with one activation per hidden layer.

    `input_square` is the mean square of the inputs, whose mean is taken to be 0. Weights are drawn
    by `initializer` and multiplied by `gain`; biases have the variance `bias_std`^2 on top of the
    initialiser's own. `norm` is "none", "batch" (a large batch) or "layer".
    Raises ValueError when the number of activations is not the number of hidden layers.
    """
    if len(activations) != len(sizes) - 2:
        raise ValueError(f"{len(sizes) - 2} hidden layers need as many activations")
    rule = Rule(
        initializer, constant_bias(initializer), gain, bias_std, norm, residual, 1 - dropout
    )
    if initializer.weight_variance(*sizes[:2]) is None:
        return Prediction(
            f"There is no theory for {initializer.label} weights: it needs independent random ones."
        )
    steps = forward(rule, sizes, activations, input_square)
    chi = np.sqrt(factors(rule, sizes, steps))
    between = chi[:-1]
    with np.errstate(all="ignore"):  # a gradient may vanish to 0 or overflow
        profile = np.cumprod([1.0, *between[::-1]])[::-1]
        mean_factor = float(np.exp(np.log(between).mean())) if len(between) else None
    hiddens = steps[:-1]
    strays, amplified = _strays(rule, hiddens, sizes)
    prediction = Prediction(
        caution=_caution(strays, amplified),
        q=np.array([step.q + rule.bias_mean**2 for step in steps]),
        rms_h=np.sqrt([step.out.square for step in hiddens]),
        factors=chi,
        signal_gradient=profile[: len(hiddens)],
        mean_factor=mean_factor,
        strays=strays,
        steady=amplified <= MOST_AMPLIFIED,
    )
    if not hiddens:
        return prediction
    q_star, chi_star, stable = _limit(rule, sizes[-2], activations[-1], hiddens[-1])
    rate = abs(math.log(chi_star)) if chi_star > 0 else math.inf
    return replace(
        prediction,
        q_star=q_star,
        chi_star=chi_star,
        depth_scale=1 / rate if rate > CRITICAL else math.inf,
        stable=stable,
    )


def _caution(strays: float, amplified: float) -> str:
    if amplified > MOST_AMPLIFIED:
        return (
            "Small differences in the size of the signal grow from layer to layer here, so that"
            " networks of this width stray from the prediction."
        )
    if strays > MOST_STRAYED:
        return (
            "Layers as narrow as these stray from the prediction, by about "
            f"{100 * strays:.0f} % per layer."
        )
    return ""


def _strays(rule: Rule, steps: list[Step], sizes: Sequence[int]) -> tuple[float, float]:
    """How far networks of these widths stray: log mean_factor, and what of it is amplified.

    An average over n units of f(z) varies by (E[f^2] / E[f]^2 - 1) / n. A deviation of q is carried
    on to the layers above, where it is damped or amplified, and changes the slopes of all of them.
    """
    count = max(1, len(steps) - 1)
    backward = forward = ahead = 0.0  # ahead: d log(all chi above) / d log E[h_l^2]
    for step, n in zip(reversed(steps), reversed(sizes[1:-1]), strict=True):
        averages, branch = step.averages, step.fan_out * step.slope
        share = branch / (branch + step.skips) if 0 < branch < math.inf else 1.0
        added = averages.square / rule.keep
        fresh = added / step.out.square if step.skips and 0 < added < math.inf else 1.0
        backward += share**2 * max(0.0, 3 * averages.slope_noise - 1) / n
        forward += (ahead * fresh) ** 2 * max(0.0, averages.square_noise - 1) / n
        at_q = share * (-1 if rule.is_normed else averages.slope_response)
        at_q += ahead * fresh * (0 if rule.is_normed else averages.square_response)
        ahead = step.fan_in * at_q + ahead * (1 - fresh)
    variance = (backward + forward) / 4
    # The mean of a logarithm lies half the variance below the logarithm of the mean.
    amplified = 0.0 if rule.is_normed else math.sqrt(forward) / 2 / count
    return (math.sqrt(variance) + variance / 2) / count, amplified


def _limit(rule: Rule, width: int, activation: Activation, last: Step) -> tuple[float, float, bool]:
    """q_star, chi_star and stable of layers that are all as the last one."""
    step = hidden(rule, (width, width), activation, last.out)
    if step.skips:
        # h grows without end, unless nothing is added to it
        if step.fan_out == 0 or rule.is_normed or rule.initializer.data_dependent:
            return (
                (step.q + rule.bias_mean**2 if step.fan_out == 0 else math.inf),
                1.0,
                step.fan_out == 0,
            )
        slope_square = moments(activation, math.inf).slope_square
        return math.inf, 1 + step.fan_out * slope_square / rule.keep, False
    if rule.is_normed or rule.initializer.data_dependent:
        return step.q + rule.bias_mean**2, factor(step, step), True
    fan, bias_variance = step.fan_out, rule.bias_variance(width)

    def variance_map(q: float) -> float:
        square = moments(activation, q, rule.bias_mean).square
        return (fan * square / rule.keep if fan else 0.0) + bias_variance

    q_star = _fixed_point(variance_map, last.q)
    there = moments(activation, q_star, rule.bias_mean)
    # d log q_{l+1} / d log q_l
    growth = there.square_response * (1 - bias_variance / q_star) if q_star else 0.0
    stable = q_star < math.inf and growth <= 1 + CRITICAL
    return q_star + rule.bias_mean**2, fan * there.slope_square / rule.keep, stable


def _fixed_point(variance_map: Callable[[float], float], q: float) -> float:
    """Where q goes: the first fixed point in the direction of its drift, or else 0 or infinity."""
    q = q if q > 0 else variance_map(q)
    drift = variance_map(q) - q
    if abs(drift) <= CRITICAL * q or q == math.inf:
        return q
    ratio = 2.0 if drift > 0 else 0.5
    while q < LARGEST if drift > 0 else q > TINIEST:
        beyond = q * ratio
        if (variance_map(beyond) - beyond) * drift <= 0:
            return _bisect(variance_map, *sorted((q, beyond)))
        q = beyond
    return math.inf if drift > 0 else 0.0


def _bisect(variance_map: Callable[[float], float], low: float, high: float) -> float:
    rises = variance_map(low) > low
    for _ in range(60):
        middle = math.sqrt(low * high)
        if (variance_map(middle) > middle) == rises:
            low = middle
        else:
            high = middle
    return middle
