"""Which part of a picture is shown."""

from dataclasses import dataclass

NEARLY_ALL = 1 - 1e-9


@dataclass(frozen=True)
class Limits:
    """What is shown at least: the smallest spans, and one of what lies from `first` to `last`.

    All are shares of the whole; the last two from the left.
    """

    width: float = 0.0
    height: float = 0.0
    first: float = 0.0
    last: float = 1.0


ALL = Limits()


@dataclass(frozen=True)
class Zoom:
    """The part that is shown, in shares of the whole."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def part(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        limits: Limits = ALL,
    ) -> "Zoom":
        """Return a part of what is shown, given in shares of that, inside the whole."""
        left, width = _within(self.left, self.width, left, width, limits.width)
        top, height = _within(self.top, self.height, top, height, limits.height)
        left = max(min(left, limits.last), limits.first - width)
        return Zoom(left, top, width, height)

    def scaled(
        self,
        factor: float,
        at: tuple[float, float] = (0.5, 0.5),
        limits: Limits = ALL,
    ) -> "Zoom":
        """Return a part `factor` times as large, in which a point stays where it is."""
        across, down = (
            min(1.0, max(least, factor * span)) / span
            for span, least in ((self.width, limits.width), (self.height, limits.height))
        )
        return self.part(at[0] * (1 - across), at[1] * (1 - down), across, down, limits)


def _within(
    start: float, span: float, first: float, share: float, smallest: float
) -> tuple[float, float]:
    """Where a part of a span begins in the whole, and its own span."""
    middle = start + (first + share / 2) * span
    new = max(smallest, share * span)
    if new > NEARLY_ALL:  # what was divided and multiplied again may fall short of it
        return 0.0, 1.0
    return min(max(0.0, middle - new / 2), 1 - new), new


WHOLE = Zoom()
