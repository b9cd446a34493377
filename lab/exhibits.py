"""What pictures ask of a run beside its traces: results made in the training thread.

A picture that needs more than the record of a step (weights, histograms, the network's answer)
declares a frozen request, an `Exhibit`, which makes its result of the run between two steps. The
worker decides when it is made anew, so that all of them together cost training little.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from lab.run import Run

T_co = TypeVar("T_co", covariant=True)


class Exhibit(ABC, Generic[T_co]):
    """A request; subclasses are frozen dataclasses, so that equal requests are one.

    What `lasts` stays the same as long as the run goes on: while it is asked for, it is made once.
    """

    lasts: ClassVar[bool] = False

    @abstractmethod
    def made_of(self, run: "Run") -> T_co:
        """Compute the result: frozen or a copy, nothing that training goes on to change."""
