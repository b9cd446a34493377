"""What the picture of a network says in words and numbers."""

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from core.measures import ROW
from lab.network_view import LINKS, NetworkState
from lab.spec import Spec
from lab.words import number
from widgets.plots.frame import Table
from widgets.plots.network_geometry import Spot

tr = partial(QCoreApplication.translate, "NetworkPicture")


def caption(state: NetworkState, *, short: bool) -> str:
    """How much of the gradient is left at the first layer; `short`, the number comes first."""
    if state.diverged:
        return (
            tr("network diverged") if short else tr("this network has diverged and learns no more")
        )
    signal = state.magnitudes[ROW["signal_gradient_rms"]]
    if len(signal) < 2 or not signal[-1] > 0:
        return ""
    words = tr("×{0} in layer 1") if short else tr("layer 1 gets ×{0} of the output's gradient")
    return words.replace("{0}", number(float(signal[0] / signal[-1])))


def words_of(spot: Spot, state: NetworkState, spec: Spec, kind: str) -> str:
    """The numbers of a unit, a link or a layer, whose links are shown by `kind`."""
    if spot.kind == "unit":
        return _words_of_unit(spot, state)
    if spot.kind == "link":
        return _words_of_link(spot, state)
    if spot.kind == "loss":
        return tr("the loss, from which the gradient flows back")
    if spot.layer == 0:
        return tr("inputs: {0}").replace("{0}", str(spec.sizes[0]))
    return _words_of_layer(spot.layer, state, spec, kind)


def _words_of_unit(spot: Spot, state: NetworkState) -> str:
    mean = number(float(state.activity[spot.layer][spot.column]))
    if spot.layer == 0:
        return f"{tr('input')} {spot.column + 1}, {tr('mean')} {mean}"
    bias = number(state.value_of(spot.place))
    signal = number(float(state.signals[spot.layer][spot.column]))
    return f"{spot.place} = {bias}, {tr('mean output')} {mean}, rms ∂loss/∂z {signal}"


def _words_of_link(spot: Spot, state: NetworkState) -> str:
    at = spot.place.indices
    values = (float(state.links[kind][spot.layer - 1][at]) for kind in LINKS)
    weight, *others = map(number, values)
    names = (tr("gradient"), tr("update"), tr("ratio"))
    parts = (f"{name} {value}" for name, value in zip(names, others, strict=True))
    return ", ".join([f"{spot.place} = {weight}", *parts])


def _words_of_layer(layer: int, state: NetworkState, spec: Spec, kind: str) -> str:
    hidden = spec.hidden
    units = hidden[layer - 1].activation if layer <= len(hidden) else tr("outputs")
    rms, signal = (
        number(float(state.magnitudes[ROW[name], layer - 1]))
        for name in ("activation_rms", "signal_gradient_rms")
    )
    size = number(float(state.sizes[kind][layer - 1]))
    start = f"{tr('layer')} {layer}: {spec.sizes[layer]} {units}"
    return f"{start}, rms h {rms}, rms ∂loss/∂z {signal}, rms {kind} {size}"


def table_of(state: NetworkState) -> Table:
    """Every weight's numbers, or of a large network every layer's."""
    if not state.links:
        layers = np.arange(1, state.magnitudes.shape[1] + 1)
        columns: list[Any] = [layers, *(state.sizes[kind] for kind in LINKS), *state.magnitudes]
        names = ["layer", *(f"{kind}_rms_of_links" for kind in LINKS), *ROW]
        return Table(names, np.column_stack(columns).tolist())
    rows: list[list[float]] = []
    for layer, parts in enumerate(zip(*(state.links[kind] for kind in LINKS), strict=True), 1):
        places = np.indices(parts[0].shape).reshape(2, -1)
        numbers = [part.ravel().astype(np.float64) for part in parts]
        columns = [np.full(places.shape[1], layer), *places, *numbers]
        rows += np.column_stack(columns).tolist()
    return Table(["layer", "row", "column", *LINKS], rows)
