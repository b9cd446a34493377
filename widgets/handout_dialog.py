"""Where a teacher writes a hand-out: title, task, and which controls are free, locked or hidden.

Which controls there are is read from `KNOBS`; what a hand-out may be is judged by `lab.handouts`.
"""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lab.handouts import LONGEST_TITLE, Handout, HandoutError
from lab.spec import KNOBS
from widgets.controls.segments import Segments, small_button

FREE, LOCKED, HIDDEN = range(3)
SIZE = (620, 640)


class HandoutDialog(QDialog):
    """`written` carries the hand-out once a person is done and it is one."""

    written = Signal(Handout)

    def __init__(self, parent: QWidget, handout: Handout | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save as hand-out"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title, self.task = QLineEdit(), QPlainTextEdit()
        self.choices: dict[str, Segments] = {}
        self.groups: dict[tuple[str, int], QWidget] = {}
        self.fault = QLabel()
        self._build()
        if handout is not None:
            self._show(handout)
        self.resize(*SIZE)

    def handout(self) -> Handout:
        """Return what is written. Raises HandoutError."""
        chosen = {path: choice.index() for path, choice in self.choices.items()}
        return Handout(
            self.title.text().strip(),
            self.task.toPlainText().strip(),
            tuple(path for path, index in chosen.items() if index == LOCKED),
            tuple(path for path, index in chosen.items() if index == HIDDEN),
        )

    def accept(self) -> None:
        """Hand it over, or say what is wrong."""
        try:
            handout = self.handout()
        except HandoutError as error:
            text = self.tr("This cannot be handed out: {0}.").replace("{0}", str(error))
            self.fault.setText(text)
            return
        super().accept()
        self.written.emit(handout)

    # -- building

    def _build(self) -> None:
        self.title.setMaxLength(LONGEST_TITLE)
        self.title.setAccessibleName(self.tr("Title"))
        self.title.setToolTip(self.tr("Names the hand-out, also in the window's title."))
        self.task.setAccessibleName(self.tr("Task"))
        self.task.setToolTip(
            self.tr("What is to be done, as plain text; shown in the Lesson panel.")
        )
        self.task.setTabChangesFocus(True)
        self.task.setMaximumHeight(130)
        form = QFormLayout()
        form.addRow(self.tr("Title"), self.title)
        form.addRow(self.tr("Task"), self.task)
        note = QLabel(
            self.tr(
                "The run is handed out as it is now. Whoever opens it gets these controls; the "
                "View menu unlocks them all. With Depth, Width or Activation, Layers is held too."
            )
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        self.fault.setProperty("role", "warning")
        self.fault.setWordWrap(True)
        self.fault.setTextFormat(Qt.TextFormat.PlainText)
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Save | kinds.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self._controls(), 1)
        layout.addWidget(self.fault)
        layout.addWidget(buttons)

    def _controls(self) -> QScrollArea:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(8, 4, 8, 8)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        row = 0
        for group in dict.fromkeys(knob.group for knob in KNOBS.values()):
            heading = QLabel(group.capitalize())
            heading.setProperty("role", "title")
            grid.addWidget(heading, row, 0)
            grid.addLayout(self._all_of(group), row, 1)
            row += 1
            for knob in (knob for knob in KNOBS.values() if knob.group == group):
                label = QLabel(knob.label)
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setToolTip(knob.tooltip)
                grid.addWidget(label, row, 0)
                self.choices[knob.path] = choice = self._choice(knob.label)
                grid.addWidget(choice, row, 1)
                row += 1
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        area.setMinimumWidth(content.minimumSizeHint().width() + 16)
        return area

    def _choice(self, label: str) -> Segments:
        choices = [
            (self.tr("Free"), self.tr("Shown, and can be changed.")),
            (self.tr("Locked"), self.tr("Shown, and cannot be changed.")),
            (self.tr("Hidden"), self.tr("Not shown, and cannot be changed.")),
        ]
        return Segments(choices, label)

    def _all_of(self, group: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        names = (self.tr("all free"), self.tr("all locked"), self.tr("all hidden"))
        for index, name in enumerate(names):
            tip = self.tr("All controls of this part: {0}.").replace("{0}", name[4:])
            button = small_button(name, tip, f"{group.capitalize()}: {name}")
            button.clicked.connect(partial(self._choose_all, group, index))
            self.groups[group, index] = button
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _choose_all(self, group: str, index: int) -> None:
        for path, choice in self.choices.items():
            if KNOBS[path].group == group:
                choice.choose(index)

    def _show(self, handout: Handout) -> None:
        self.title.setText(handout.title)
        self.task.setPlainText(handout.task)
        for paths, index in ((handout.locked, LOCKED), (handout.hidden, HIDDEN)):
            for path in paths:
                self.choices[path].choose(index)
