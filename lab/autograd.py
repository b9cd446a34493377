"""The same gradient by PyTorch: a network rebuilt from its weights, and differentiated by autograd.

PyTorch is optional and slow to import, so it is imported when it is asked for and nowhere else.
Activations and losses are looked up under their names in `torch.nn.functional`; written down here
are those that PyTorch spells otherwise.
"""

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from core.activations import Activation
from core.arrays import Array
from core.errors import wrong
from core.layout import Views
from core.losses import Loss
from core.network import Network
from core.normalization import EPSILON
from core.twins import Batch

Torch = Any  # PyTorch says nothing of its types that would help here
Tensor = Any

ACTIVATIONS: Mapping[str, Callable[[Torch, Tensor], Tensor]] = {
    "identity": lambda _torch, u: u,
    "sine": lambda torch, u: torch.sin(u),
    "gelu": lambda torch, u: torch.nn.functional.gelu(u, approximate="tanh"),
    # PyTorch's own goes straight from 20 on.
    "softplus": lambda torch, u: -torch.nn.functional.logsigmoid(-u),
}


def _hinge(torch: Torch, z: Tensor, y: Tensor, _smoothing: float) -> Tensor:
    functional = torch.nn.functional
    if y.ndim < z.ndim:
        return functional.multi_margin_loss(z, y)
    return functional.relu(1 - (2 * y - 1) * z).mean()


LOSSES: Mapping[str, Callable[[Torch, Tensor, Tensor, float], Tensor]] = {
    "mse": lambda torch, z, y, _smoothing: torch.nn.functional.mse_loss(z, y),
    "mae": lambda torch, z, y, _smoothing: torch.nn.functional.l1_loss(z, y),
    "huber": lambda torch, z, y, _smoothing: torch.nn.functional.huber_loss(z, y),
    "binary_cross_entropy": lambda torch, z, y, smoothing: (
        torch.nn.functional.binary_cross_entropy_with_logits(z, y * (1 - smoothing) + smoothing / 2)
    ),
    "cross_entropy": lambda torch, z, y, smoothing: torch.nn.functional.cross_entropy(
        z, y, label_smoothing=smoothing
    ),
    "hinge": _hinge,
}


class Answer(NamedTuple):
    """The loss of one batch, and its gradient (P,) in the layout of the network's parameters."""

    loss: float
    gradient: Array


def is_installed() -> bool:
    """Whether there is a PyTorch to ask; it is not imported."""
    return importlib.util.find_spec("torch") is not None


def autograd(network: Network, loss: Loss, batch: Batch, smoothing: float = 0.0) -> Answer:
    """Differentiate the loss of one batch with PyTorch, in float64.

    Raises ImportError where there is no PyTorch, and ValueError for an activation or a loss that it
    does not know.
    """
    torch: Torch = importlib.import_module("torch")
    parameters = torch.tensor(network.parameters.astype(np.float64), requires_grad=True)
    value = loss_by(torch, network, parameters, loss, batch, smoothing)
    value.backward()
    return Answer(value.item(), parameters.grad.numpy().copy())


def loss_by(
    torch: Torch,
    network: Network,
    parameters: Tensor,
    loss: Loss,
    batch: Batch,
    smoothing: float,
) -> Tensor:
    """Return the loss as PyTorch computes it from a network's flat parameters (P,)."""
    h = torch.tensor(batch.x.astype(np.float64))
    last = len(network.layers) - 1
    masks = _masks(torch, network, batch)
    for index, views in enumerate(network.layout.views(parameters)):
        # z_l = h_{l-1} W_l + b_l
        z = h @ views.w + views.b
        if index == last:
            break
        a = _function(network.activations[index])(torch, _normalized(torch, network, z, views))
        if masks:
            a = a * masks[index]
        h = h + a if network.skips[index] else a
    if loss.name not in LOSSES:
        raise wrong("loss", loss.name, f"one of {', '.join(LOSSES)}, which PyTorch has")
    y = batch.y if np.issubdtype(batch.y.dtype, np.integer) else batch.y.astype(np.float64)
    return LOSSES[loss.name](torch, z, torch.tensor(y), smoothing)


def _function(activation: Activation) -> Callable[[Torch, Tensor], Tensor]:
    def by_name(torch: Torch, u: Tensor) -> Tensor:
        function = getattr(torch.nn.functional, activation.name, None)
        if function is None:
            raise wrong("activation", activation.name, "one that PyTorch has")
        return function(u)

    return ACTIVATIONS.get(activation.name, by_name)


def _normalized(torch: Torch, network: Network, z: Tensor, views: Views) -> Tensor:
    """u = norm(z), with the statistics of this batch."""
    functional, (_, _, scale, shift) = torch.nn.functional, views
    if network.norm.axis is None:
        return z
    if network.norm.keeps_statistics:
        return functional.batch_norm(z, None, None, scale, shift, training=True, eps=EPSILON)
    return functional.layer_norm(z, z.shape[-1:], scale, shift, eps=EPSILON)


def _masks(torch: Torch, network: Network, batch: Batch) -> list[Tensor]:
    """The mask of dropout of every hidden layer, (batch, n_l); none without dropout."""
    count, hidden = len(batch.x), network.sizes[1:-1]
    if batch.mask is None or not hidden:
        return []
    parts = np.split(batch.mask.astype(np.float64), np.cumsum([count * n for n in hidden])[:-1])
    return [torch.tensor(part.reshape(n, count).T) for part, n in zip(parts, hidden, strict=True)]
