"""How fast a run goes."""

import time


class RateMeter:
    """Steps per second over the last half second or so."""

    WINDOW_S = 0.5

    def __init__(self) -> None:
        self.restart(0)

    def restart(self, step: int) -> None:
        """Forget what was before."""
        self._since, self._from_step = time.perf_counter(), step
        self.rate = 0.0

    def update(self, step: int) -> float:
        """Return the rate at `step`, renewed once per window."""
        elapsed = time.perf_counter() - self._since
        if elapsed >= self.WINDOW_S or (self.rate == 0 and elapsed > 0):
            rate = (step - self._from_step) / elapsed
            if elapsed >= self.WINDOW_S:
                self.restart(step)
            self.rate = rate
        return self.rate
