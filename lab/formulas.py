"""What each line of a step computes, as formulas in LaTeX.

Activations, losses and rules bring their own in plain letters; they are set as LaTeX here. Layers
are written as l, so that one formula serves all of them.
"""

import re

from core.moments import Moment
from core.network import Network
from core.training import Trainer

# What a moment is called, and what it computes.
WORDS = {
    "sum": "matrix product and bias",
    "norm": "normalisation",
    "activation": "activation",
    "dropout": "dropout",
    "residual": "shortcut",
    "loss": "loss",
    "loss_slope": "gradient of the loss",
    "signal": "back through the weights",
    "shortcut": "and along the shortcut",
    "slope": "slope of the activation",
    "dropped_slope": "slope, where not dropped",
    "delta": "chain rule",
    "norm_back": "back through the normalisation",
    "weights": "gradient of the weights",
    "biases": "gradient of the biases",
    "penalty": "penalty",
    "clip": "clipping",
    "rule": "the optimiser's rule",
    "change": "new weights",
    "frozen": "frozen: put back",
}
_D_H = r"\frac{\partial \mathrm{loss}}{\partial h_l}"
_D_W = r"\frac{\partial \mathrm{loss}}{\partial W_l}"
_LOSS_SLOPE = r"\delta_L = \frac{\partial \mathrm{loss}}{\partial z_L}"
_FIXED = {
    "sum": r"z_l = h_{l-1} W_l + b_l",
    "norm": r"u_l = \mathrm{scale} \, \frac{z_l - \mathrm{mean}}{\mathrm{std}} + \mathrm{shift}",
    "residual": r"h_l = h_{l-1} + a_l",
    "signal": _D_H + r" = \delta_{l+1} W_{l+1}^{T}",
    "shortcut": _D_H
    + r" \leftarrow "
    + _D_H
    + r" + \frac{\partial \mathrm{loss}}{\partial h_{l+1}}",
    "loss_slope": _LOSS_SLOPE,
    "weights": _D_W + r" = h_{l-1}^{T} \, \delta_l",
    "biases": r"\frac{\partial \mathrm{loss}}{\partial b_l} = \sum_{\mathrm{batch}} \delta_l",
    "norm_back": r"\delta_l = \frac{\partial \mathrm{loss}}{\partial z_l}",
    "penalty": rf"g_l = {_D_W} + \lambda_2 W_l + \lambda_1 \mathrm{{sign}}\, W_l",
    "change": r"W_l \leftarrow W_l - \Delta W_l",
    "frozen": r"W_l \leftarrow W_l",
}
_FUNCTIONS = {"exp", "log", "tanh", "sin", "max", "min"}
_LETTERS = {"mu": r"\mu", "lr": r"\eta", "decay": r"\lambda", "sum": r"\sum"}


def formulas_of(moment: Moment, trainer: Trainer) -> tuple[str, ...]:
    """Return the formulas of a moment, one below the other."""
    match moment.name:
        case "loss":
            return (rf"\mathrm{{loss}} = {latex_of(trainer.loss.formula)}",)
        case "clip":
            return tuple(_clips(trainer))
        case "rule":
            *memory, last = trainer.updater.optimizer.formula.split("; ")
            return (*map(latex_of, memory), r"w \leftarrow " + latex_of(last))
        case name if name in _FIXED:
            return (_FIXED[name],)
    return _of_hidden_layer(moment, trainer.network)


def _of_hidden_layer(moment: Moment, network: Network) -> tuple[str, ...]:
    """Formulas in which symbols depend on what a layer is made of."""
    u = "u_l" if network.norm.axis is not None else "z_l"
    a = "a_l" if network.skips[moment.layer - 1] else "h_l"
    slope = rf"\varphi'({u})"
    d_u = r"\frac{\partial \mathrm{loss}}{\partial u_l}" if u == "u_l" else r"\delta_l"
    if moment.name == "activation":
        own = latex_of(network.activations[moment.layer - 1].formula)
        left = "" if network.dropout else f"{a} = "
        return (rf"{left}\varphi({u})", rf"\varphi(z) = {own}")
    formulas = {
        "dropout": rf"{a} = \varphi({u}) \odot m_l",
        "slope": slope,
        "dropped_slope": rf"{slope} \odot m_l",
        "delta": rf"{d_u} = {_D_H} \odot {slope}",
    }
    return (formulas[moment.name],)


def overview_of(stage: str, network: Network) -> tuple[str, ...]:
    """Return the formulas of a whole stage."""
    u = (
        r"\mathrm{norm}(h_{l-1} W_l + b_l)"
        if network.norm.axis is not None
        else ("h_{l-1} W_l + b_l")
    )
    h = r"h_{l-1} + " if any(network.skips) else ""
    return {
        "forward": (rf"h_l = {h}\varphi({u})",),
        "loss": (_LOSS_SLOPE,),
        "backward": (
            r"\delta_l = \delta_{l+1} W_{l+1}^{T} \odot \varphi'",
            _FIXED["weights"],
            _FIXED["biases"],
        ),
        "update": (_FIXED["change"],),
    }[stage]


def latex_of(formula: str) -> str:
    """Set a formula in plain letters, as records of the engine have it, in LaTeX."""
    text = formula.replace("²", "^2").replace("³", "^3")
    text = re.sub(r"(\d)e-(\d+)", r"\1 \\cdot 10^{-\2}", text)
    text = text.replace(r"1 \cdot 10", "10")
    text = re.sub(r"sqrt\(([^()]*)\)", r"\\sqrt{\1}", text)
    text = re.sub(r"(?<=[\w)])\[(\w+)\]", r"_{\1}", text)
    return re.sub(r"\\?[A-Za-z]+(?![A-Za-z])", _word, text)


def _word(found: re.Match[str]) -> str:
    word = found[0]
    if word.startswith("\\") or len(word) == 1:
        return word
    if word in _FUNCTIONS:
        return f"\\{word} "
    return _LETTERS.get(word, rf"\text{{ {word} }}") + " "


def _clips(trainer: Trainer) -> list[str]:
    settings, found = trainer.settings, []
    if settings.clip_norm:
        limit = f"{settings.clip_norm:g}"
        found.append(rf"g \leftarrow g \, \min(1, {limit} / (|g| + 10^{{-6}}))")
    if settings.clip_value:
        limit = f"{settings.clip_value:g}"
        found.append(rf"g \leftarrow \min(\max(g, -{limit}), {limit})")
    return found
