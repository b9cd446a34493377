"""Which part of a picture is shown."""

from dataclasses import dataclass


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
        smallest: tuple[float, float] = (0.0, 0.0),
    ) -> "Zoom":
        """Return a part of what is shown, given in shares of that.

        It stays inside the whole, and is not smaller than `smallest`, in shares of the whole.
        """
        left, width = _within(self.left, self.width, left, width, smallest[0])
        top, height = _within(self.top, self.height, top, height, smallest[1])
        return Zoom(left, top, width, height)

    def scaled(
        self,
        factor: float,
        at: tuple[float, float] = (0.5, 0.5),
        smallest: tuple[float, float] = (0.0, 0.0),
    ) -> "Zoom":
        """Return a part `factor` times as large, in which a point stays where it is."""
        across, down = (
            min(1.0, max(least, factor * span)) / span
            for span, least in zip((self.width, self.height), smallest, strict=True)
        )
        return self.part(at[0] * (1 - across), at[1] * (1 - down), across, down, smallest)


def _within(
    start: float, span: float, first: float, share: float, smallest: float
) -> tuple[float, float]:
    """Where a part of a span begins in the whole, and its own span."""
    middle = start + (first + share / 2) * span
    new = min(1.0, max(smallest, share * span))
    return min(max(0.0, middle - new / 2), 1 - new), new


WHOLE = Zoom()
