"""Which part of a picture is shown."""

from dataclasses import dataclass

SMALLEST_PART = 1 / 64  # of the whole width or height


@dataclass(frozen=True)
class Zoom:
    """The part that is shown, in shares of the whole."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def part(self, left: float, top: float, width: float, height: float) -> "Zoom":
        """Return a part of what is shown, given in shares of that; it stays inside the whole."""
        new_width, new_height = (
            min(1.0, max(SMALLEST_PART, span))
            for span in (width * self.width, height * self.height)
        )
        across = self.left + (left + width / 2) * self.width
        down = self.top + (top + height / 2) * self.height
        return Zoom(
            min(max(0.0, across - new_width / 2), 1 - new_width),
            min(max(0.0, down - new_height / 2), 1 - new_height),
            new_width,
            new_height,
        )

    def scaled(self, factor: float, across: float = 0.5, down: float = 0.5) -> "Zoom":
        """Return a part `factor` times as large, in which a point stays where it is."""
        return self.part(across * (1 - factor), down * (1 - factor), factor, factor)


WHOLE = Zoom()
