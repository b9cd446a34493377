"""What a person changes in the experiment, in whatever panel: steps that can be taken back.

The session makes the changes; a value that cannot be is refused here in one sentence.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.arrays import PRECISIONS
from core.assignment import require_value
from core.places import Place
from lab.crash import RATE
from lab.faults import SpecError
from lab.offers import Offer
from lab.spec import KNOBS
from widgets.undo import ParameterChange

if TYPE_CHECKING:
    from widgets.main_window import MainWindow


class Changes(QObject):
    """Carries out what the panels of one window ask for."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        window.build.field_changed.connect(self._on_field_changed)
        window.network.editors.changes_wanted.connect(self._on_changes_wanted)
        window.network.editors.parameter_wanted.connect(self.set_parameter)
        window.verdict.cure_chosen.connect(self._on_cure_chosen)
        window.verdict.rate_chosen.connect(self._on_rate_chosen)
        window.verdict.back_chosen.connect(self._session.back_to_finite)

    def _on_field_changed(self, path: str, value: object, gesture: int) -> None:
        try:
            spec = self._session.spec.with_values({path: value})
        except SpecError as error:
            self._window.build.set_spec(self._session.spec)
            self._window.build.refuse(path, str(error.faults[0]))
            return
        if spec == self._session.spec:  # in another spelling, such as layers 3, 1 for 1, 3
            self._window.build.set_spec(spec)
        self._window.change_spec(spec, KNOBS[path].label.lower(), (path, gesture))

    def _on_changes_wanted(self, changes: Mapping[str, object], text: str, gesture: int) -> None:
        try:
            spec = self._session.spec.with_values(changes)
        except SpecError as error:
            self._window.network.show_spec(self._session.spec)
            self._window.status.show_message(str(error.faults[0]))
        else:
            self._window.change_spec(spec, text, (text, gesture))

    def set_parameter(self, place: Place, value: float, before: float) -> None:
        """Set one parameter of the network in focus, which had another value before.

        A run that has taken the bench meanwhile has other numbers, which are left as they are, also
        when this is taken back.
        """
        session, seed = self._session, self._window.focus.seed
        run_id = session.frame.run_id if session.frame is not None else None
        try:
            require_value(place, value, PRECISIONS[session.spec.network.precision])
        except ValueError as error:  # no step to take back: that would set an old value
            self._window.status.show_message(str(error))
            return
        if run_id != session.run_id:
            self._window.status.show_message(self.tr("Nothing is set: a new run has begun."))
            return

        def apply(number: float) -> None:
            if run_id == session.run_id:
                session.set_parameter(place, number, seed)
            else:
                text = self.tr("{0} was set in an earlier run; this one is left as it is.")
                self._window.status.show_message(text.replace("{0}", str(place)))

        self._window.undo_stack.push(ParameterChange(apply, before, value, str(place)))

    def _on_cure_chosen(self, offer: Offer) -> None:
        self._window.trials.apply(offer.title, offer.changes)

    def _on_rate_chosen(self, rate: float) -> None:
        """Go on from a crash with another learning rate."""
        spec = self._session.spec.with_values({RATE: rate})
        if not self._window.handouts.allow(spec):
            return
        self._window.change_spec(spec, KNOBS[RATE].label.lower())
        self._session.go_on_calmly()
