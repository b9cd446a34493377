"""A run at a glance, as raw pixels: the signal gradient of every layer over all its steps."""

import numpy as np

from core.arrays import Array
from lab.history import History

WIDTH, HEIGHT = 96, 64
BLANK = (32, 36, 42)
# Every eighth of matplotlib's viridis (van der Walt and Smith, CC0), sRGB.
VIRIDIS = np.array(
    [
        (68, 1, 84),
        (71, 45, 123),
        (59, 82, 139),
        (44, 114, 142),
        (33, 145, 140),
        (40, 174, 128),
        (94, 201, 98),
        (173, 220, 48),
        (253, 231, 37),
    ]
)


def viridis(share: Array) -> Array:
    """Return colours (..., 3) uint8 for numbers 0..1, by linear interpolation."""
    stops = np.linspace(0, 1, len(VIRIDIS))
    channels = [np.interp(share, stops, VIRIDIS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def thumbnail(history: History) -> Array:
    """Return pixels (HEIGHT, WIDTH, 3) uint8: time to the right, the output layer on top."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:] = BLANK
    magnitudes = history.series("signal_gradient_rms", WIDTH).mean
    shown = np.isfinite(magnitudes) & (magnitudes > 0)
    if not shown.any():
        return pixels
    decades = np.log10(magnitudes, where=shown, out=np.zeros_like(magnitudes))
    low, high = decades[shown].min(), decades[shown].max()
    share = (decades - low) / max(high - low, 1e-12)
    steps = np.arange(WIDTH) * len(share) // WIDTH
    layers = (np.arange(HEIGHT)[::-1] * share.shape[1]) // HEIGHT
    picture = viridis(share[np.ix_(steps, layers)].T)
    return np.where(shown[np.ix_(steps, layers)].T[..., None], picture, pixels).astype(np.uint8)
