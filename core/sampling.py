"""In which order the samples are shown.

Each epoch is a fresh permutation of the training set, and batches are cut from the endless row of
permutations: every batch is full and every sample is seen once per epoch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.errors import wrong


class BatchOrder:
    """Draws batches of indices into a training set of `n_samples`, one order per run.

    `rngs` holds one generator per run; `runs` is the shape of the run axis.
    """

    def __init__(self, n_samples: int, rngs: Sequence[Generator], runs: tuple[int, ...] = ()):
        self.n_samples = n_samples
        self._rngs = rngs
        self._runs = runs
        self._position = 0
        self._permutation = self._permuted()
        self._given_back: Array | None = None

    def take(self, batch: int) -> Array:
        """Return the next indices (*runs, batch), 1 <= batch <= n_samples."""
        if self._given_back is not None:
            return self._taken_again(self._given_back, batch)
        end = self._position + batch
        if end <= self.n_samples:
            # An ellipsis takes NumPy longer than what it says for one run.
            span = slice(self._position, end)
            indices = self._permutation[..., span] if self._runs else self._permutation[span]
            self._position = end
            return indices
        rest = self._permutation[..., self._position :]
        self._permutation = self._permuted()
        self._position = end - self.n_samples
        return np.concatenate([rest, self._permutation[..., : self._position]], axis=-1)

    def give_back(self, indices: Array) -> None:
        """Let indices that were taken last be the next, as their step could not be taken."""
        self._given_back = indices.copy()

    def _taken_again(self, indices: Array, batch: int) -> Array:
        self._given_back, count = None, indices.shape[-1]
        if count > batch:
            self._given_back = indices[..., batch:]
        if count >= batch:
            return indices[..., :batch]
        return np.concatenate([indices, self.take(batch - count)], axis=-1)

    def state(self, runs: slice = slice(None)) -> dict[str, Any]:
        """Return all that the following batches depend on, as plain values and arrays.

        Of several runs, that of some only may be asked for.
        """
        again = self._given_back
        return {
            "given_back": None if again is None else again[runs].copy(),
            "position": self._position,
            "permutation": self._permutation[runs].copy(),
            "generators": [rng.bit_generator.state for rng in self._rngs[runs]],
        }

    def adopt(self, state: dict[str, Any], runs: slice) -> None:
        """Let some of several runs continue from such a `state`, as all are then to."""
        self._permutation[runs], self._position = state["permutation"], state["position"]
        self._given_back = None
        for rng, rng_state in zip(self._rngs[runs], state["generators"], strict=True):
            rng.bit_generator.state = rng_state

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state()`. Raises ValueError when it belongs to another data set."""
        permutation = np.asarray(state["permutation"])
        whole = np.broadcast_to(np.arange(self.n_samples), self._permutation.shape)
        position = int(state["position"])
        if permutation.shape != whole.shape or not (np.sort(permutation) == whole).all():
            raise ValueError("the stored order of samples is not one of this data set")
        if not 0 <= position <= self.n_samples:
            raise ValueError(f"the stored position {position} is outside the data set")
        given_back = self._checked(state.get("given_back"))
        for rng, rng_state in zip(self._rngs, state["generators"], strict=True):
            rng.bit_generator.state = rng_state
        self._permutation = permutation.astype(np.intp)
        self._position = position
        self._given_back = given_back

    def _checked(self, indices: Any) -> Array | None:
        if indices is None:
            return None
        found = np.asarray(indices)
        known = found.dtype.kind == "i" and found.ndim == len(self._runs) + 1 and found.size > 0
        if not known or found.shape[:-1] != self._runs or found.shape[-1] > self.n_samples:
            raise ValueError("the stored samples of the next step are no batch of this data set")
        if not (0 <= found.min() <= found.max() < self.n_samples):
            raise ValueError("the stored samples of the next step are not all in this data set")
        return found.astype(np.intp)

    def _permuted(self) -> Array:
        # As rng.permutation(n) does it, without making a new array for every epoch of every run.
        whole = np.empty((*self._runs, self.n_samples), np.intp)
        whole[...] = np.arange(self.n_samples)
        for row, rng in zip(whole.reshape(-1, self.n_samples), self._rngs, strict=True):
            rng.shuffle(row)
        return whole


def require_one_per_run(field: str, rngs: Sequence[Generator], n_runs: int) -> None:
    """Raise ValueError unless there is a generator for each run."""
    if len(rngs) != n_runs:
        raise wrong(field, f"{len(rngs)} of them", f"one per run, {n_runs}")
