"""The window that lists keys and what the mouse does: two columns, and it scrolls where it must."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

Group = tuple[str, tuple[tuple[str, str], ...]]

RUN: Group = (
    "The run",
    (
        ("Space", "train, or pause"),
        ("Right", "one step"),
        ("Shift+Right", "one epoch"),
        ("R", "start again from the same weights"),
        ("N", "start again from other weights"),
        ("Ctrl+P", "pin the run, to compare with"),
    ),
)
WINDOW: Group = (
    "Files and window",
    (
        ("Ctrl+O, Ctrl+S", "open a run, save it"),
        ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
        ("Ctrl++, Ctrl+-, Ctrl+0", "larger, smaller, usual text"),
        ("F11", "presenter, for a class; Escape leaves"),
        ("Double click on a slider", "back to its default"),
    ),
)
TOOLS: Group = (
    "Tools",
    (
        ("T", "step through the loop by hand"),
        ("W", "nudge a weight, and see what follows"),
        ("Ctrl+L", "the path of a weight to the loss"),
        ("Ctrl+G", "check the gradient"),
        ("Ctrl+U", "the loss as a surface"),
        ("Ctrl+M", "myths about backpropagation"),
    ),
)
IN_TOOLS: Group = (
    "In a tool",
    (
        ("Right, Left", "Steps: one stage on, back; with Shift a layer"),
        ("Down, Up", "Steps: one line on, back"),
        ("Return", "Steps: let the run take the step"),
        ("Left, Right, Page Up, Down", "Nudge: a smaller, a larger change"),
        ("Left, Right", "Path: choose a factor"),
        ("Up, Down, Delete", "Path: change its unit, set it free"),
        ("Click on a unit", "Path: lead it through; again sets it free"),
    ),
)
PICTURES: Group = (
    "In pictures",
    (
        ("G", "signal or weight gradient"),
        ("Click on a link or unit", "type another weight or bias"),
        ("Click on a layer's number", "open its card"),
        ("Left, Right, Return", "network: choose a layer, open its card"),
        ("Click on a layer", "look at it in all pictures"),
        ("Drag", "zoom; a double click goes back"),
        ("Wheel; +, -, 0", "network: zoom; 0 shows the whole"),
        ("Drag along a step axis", "look back; a double click is now"),
        ("Tab, then Left, Right", "to a picture, then to another step"),
        ("Tab, then Up, Down", "to a picture, then to another layer"),
        ("Right click", "copy or save picture or numbers"),
    ),
)
COLUMNS = ((RUN, WINDOW, TOOLS), (IN_TOOLS, PICTURES))
SHARE_OF_SCREEN = 0.9


class KeysDialog(QDialog):
    """It blocks nothing, so that one can try what it says."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(32)
        for groups in COLUMNS:
            label = QLabel(_table(groups))
            label.setTextFormat(Qt.TextFormat.RichText)
            row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setWidget(content)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 8)
        layout.addWidget(self.scroller)
        layout.addWidget(buttons)
        rest = layout.contentsMargins() + buttons.contentsMargins()
        below = buttons.sizeHint().height() + layout.spacing() + rest.top() + rest.bottom()
        wanted = content.sizeHint() + QSize(rest.left() + rest.right(), below)
        self.resize(wanted.boundedTo(parent.screen().availableSize() * SHARE_OF_SCREEN))


def _table(groups: tuple[Group, ...]) -> str:
    rows = []
    for title, keys in groups:
        rows.append(f"<tr><td colspan='2'><br><b>{title}</b></td></tr>")
        rows += [f"<tr><td>{key}&nbsp;&nbsp;&nbsp;</td><td>{text}</td></tr>" for key, text in keys]
    return f"<table cellpadding='2'>{''.join(rows)}</table>"
