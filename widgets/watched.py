"""Whether a person sees a widget that fills a dock: what nobody sees should cost nothing."""

from typing import TYPE_CHECKING


class Watched:
    """Beside a QWidget: a panel whose dock says when it comes to the front or goes behind."""

    in_front = True  # a tab behind another one is visible for Qt

    if TYPE_CHECKING:

        def isVisible(self) -> bool: ...

    @property
    def seen(self) -> bool:
        """Whether it is neither hidden nor a tab behind another."""
        return self.in_front and self.isVisible()

    @property
    def used(self) -> bool:
        """Whether a person has done with it what it is there for; lessons ask."""
        return False

    def set_in_front(self, in_front: bool) -> None:
        """Come to the front, or go behind another panel."""
        self.in_front = in_front
