"""The runs side by side: the present one on top, below it those it is compared with.

It shows the session's pins and hands on what a person does with them. While it is not looked at it
keeps nothing up to date.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lab.compare import key_numbers
from lab.frames import Frame
from lab.moments import Mark
from lab.pins import Pin
from lab.run import Phase
from lab.session import Session
from widgets.controls.segments import small_button
from widgets.one_line import OneLine
from widgets.pace import Seldom
from widgets.run_actions import RunActions
from widgets.run_card import NumbersRow, PinCard, RunMark, show_warnings
from widgets.text_panel import plain_text
from widgets.theme import Theme
from widgets.trials import Trials
from widgets.watched import Watched

NUMBERS_FRAMES = 8
WORDS_ABOVE = 4  # texts at the top of the list
SIDES = 28  # what is left free beside the numbers, with a scroll bar


class RunsPanel(QWidget, Watched):
    """A card per run. Run files that are dropped on it are pinned."""

    def __init__(self, session: Session, actions: RunActions, trials: Trials, theme: Theme) -> None:
        super().__init__()
        self._session, self._actions, self._trials, self._theme = session, actions, trials, theme
        self.cards: list[PinCard] = []
        self._pace = Seldom(NUMBERS_FRAMES)
        self._compared_marks: tuple[Mark, ...] = ()
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Runs"))
        self.pin_this = small_button(
            self.tr("Pin"), self.tr("Keep the run as it is now, to compare with (Ctrl+P).")
        )
        self.pin_this.clicked.connect(actions.pin)
        self.pin_file = small_button(
            self.tr("Pin file…"),
            self.tr("Compare with runs from files; they can be dropped here."),
        )
        self.pin_file.clicked.connect(actions.ask_and_pin)
        self.mark = RunMark("●")
        self.numbers = NumbersRow()
        self.trial, self.caution = plain_text(), plain_text("warning")
        self.notice = plain_text("warning")
        self.empty = plain_text("muted")
        self.empty.setText(
            self.tr(
                "Runs that you pin stay here and as ghosts in the pictures, up to eight: train a "
                "run and press Ctrl+P, or drop run files here."
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(self._present())
        layout.addWidget(self._list(), 1)
        session.pins_changed.connect(self._on_pins_changed)
        session.spec_changed.connect(self._on_spec_changed)
        session.frame_arrived.connect(self._on_frame_arrived)
        session.phase_changed.connect(self._on_phase_changed)
        actions.told.connect(self._show_words)
        trials.changed.connect(self._show_words)
        theme.changed.connect(self._apply_theme)
        self._apply_theme()
        self._on_pins_changed()
        self._show_present()
        self._show_words()

    def set_in_front(self, in_front: bool) -> None:
        """Catch up when it comes to the front."""
        super().set_in_front(in_front)
        self._compare()
        self._show_present()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Leave out the same columns everywhere where not all of them can be read."""
        shown = self.numbers.columns_within(self.width() - SIDES)
        for row in (self._names, self.numbers, *(card.numbers for card in self.cards)):
            row.show_columns(shown)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._actions.dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._actions.pin_files(self._actions.dropped_paths(event.mimeData()))

    def _present(self) -> QVBoxLayout:
        title = OneLine(self.tr("Present"))
        title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.mark)
        head.addWidget(title, 1)
        head.addWidget(self.pin_this)
        head.addWidget(self.pin_file)
        self._names = names = NumbersRow("muted")
        names.show_names()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 8, 4)  # as wide as the list beside its scroll bar
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(names)
        column.addWidget(self.numbers)
        return column

    def _list(self) -> QScrollArea:
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(0)
        for text in (self.trial, self.caution, self.notice, self.empty):
            self._column.addWidget(text)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        return area

    def _on_pins_changed(self) -> None:
        """Keep the cards of runs that stay: a person may be typing in one."""
        known = {id(card.pin.history): card for card in self.cards}
        histories = [id(pin.history) for pin in self._session.pins]
        self.cards = [
            known[history] if history in known else self._card(pin)
            for history, pin in zip(histories, self._session.pins, strict=True)
        ]
        for history in known.keys() - {*histories}:
            card = known[history]
            card.hide()
            self._column.removeWidget(card)
            card.deleteLater()
        for index, (card, pin) in enumerate(zip(self.cards, self._session.pins, strict=True)):
            card.set_pin(pin)
            self._column.insertWidget(WORDS_ABOVE + index, card)
        self.empty.setVisible(not self.cards)
        self._fit_columns()
        self._compare()

    def _card(self, pin: Pin) -> PinCard:
        card = PinCard(pin, self._theme)
        actions = self._actions
        card.named.connect(lambda name: actions.change(card.pin.place, name=name))
        card.annotated.connect(lambda note: actions.change(card.pin.place, note=note))
        card.shown.connect(lambda visible: actions.change(card.pin.place, visible=visible))
        card.removed.connect(lambda: actions.remove(card.pin.place))
        return card

    def _on_spec_changed(self, _spec: object) -> None:
        self._compare()

    def _compare(self) -> None:
        self._compared_marks = self._marks()
        if self.in_front:
            for card in self.cards:
                card.compare_with(self._session.spec, self._compared_marks)

    def _on_frame_arrived(self, _frame: Frame) -> None:
        resting = self._session.phase is not Phase.PLAYING
        if self._pace.is_time(resting=resting):
            self._show_present()
        if self._marks() is not self._compared_marks:
            self._compare()

    def _on_phase_changed(self, phase: Phase) -> None:
        if phase is not Phase.PLAYING:  # no frame may follow
            self._show_present()

    def _marks(self) -> tuple[Mark, ...]:
        history = self._session.history
        return () if history is None else history.marks

    def _show_present(self) -> None:
        frame, history = self._session.frame, self._session.history
        if self.in_front and frame is not None and history is not None:
            self.numbers.show_numbers(key_numbers(frame.record, frame.scores, history))

    def _show_words(self) -> None:
        for label, text in (
            (self.trial, self._trials.text),
            (self.notice, self._actions.notice),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        show_warnings(self.caution, self._trials.warnings)

    def _apply_theme(self) -> None:
        colors = self._theme.colors
        self.mark.set_color(colors.accent, colors.on_accent, filled=False)
        for card in self.cards:
            card.apply_theme()
        self._fit_columns()
