"""How often the window shows what has changed: pictures with each frame, words less often.

Words that change with every frame cannot be read, and take the time of a picture.
"""

import time

FRAME_INTERVAL_MS = 38  # 26 frames a second


class Seldom:
    """Says when it is time again for what is shown anew only every few `frames`.

    It goes by time, for a slow run has few frames; and at rest it is always time.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._next_at = 0.0

    def is_time(self, *, resting: bool) -> bool:
        """Whether to show it now; if so, the next time is a few frames away."""
        now = time.perf_counter()
        if not resting and now < self._next_at:
            return False
        # Half a frame less, as no timer is exact.
        self._next_at = now + (self._frames - 0.5) * FRAME_INTERVAL_MS / 1000
        return True

    def restart(self) -> None:
        """Something else is shown from now on, at once."""
        self._next_at = 0.0
