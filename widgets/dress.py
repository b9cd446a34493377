"""What every widget of Qt wears: a palette and a style sheet, made of a theme's colours."""

from PySide6.QtGui import QColor, QPalette

from widgets.colors import Colors, blend


def palette_of(colors: Colors) -> QPalette:
    """Return the palette; setting a colour scheme alone does nothing on several platforms."""
    role = QPalette.ColorRole
    palette = QPalette()
    for name, color in {
        role.Window: colors.panel,
        role.WindowText: colors.text,
        role.Base: colors.field,
        role.AlternateBase: colors.panel,
        role.Text: colors.text,
        role.Button: colors.field,
        role.ButtonText: colors.text,
        role.ToolTipBase: colors.field,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.muted,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Accent: colors.accent,
        role.Link: colors.accent,
    }.items():
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, blend(colors.text, colors.panel, 0.45))
    return palette


def style_sheet_of(colors: Colors, small: float, large: float) -> str:
    """Return the style sheet, with the sizes of small and large type in points."""
    return f"""
    QMainWindow, QMainWindow::separator {{ background: {colors.ground}; }}
    QMainWindow::separator {{ width: 6px; height: 6px; }}
    QMainWindow > QTabBar {{ qproperty-elideMode: ElideNone; qproperty-usesScrollButtons: true; }}
    QMainWindow::separator:hover {{ background: {colors.accent}; }}
    QDockWidget {{ color: {colors.text}; font-weight: 600; }}
    QDockWidget::title {{ background: {colors.panel}; padding: 6px 8px 4px 8px; text-align: left; }}
    QDockWidget > QWidget {{ background: {colors.panel}; }}
    QToolBar {{ background: {colors.panel}; border: 0; border-bottom: 1px solid {colors.line};
        padding: 4px 8px; spacing: 4px; }}
    QToolBar QToolButton {{ padding: 4px 8px; border: 1px solid transparent; border-radius: 4px; }}
    QToolBar QToolButton:hover {{ background: {colors.field}; border-color: {colors.line}; }}
    QToolBar QToolButton:checked, QToolBar QToolButton:pressed {{
        background: {colors.accent}; color: {colors.on_accent}; }}
    QToolButton[segment="true"] {{ padding: 3px 9px; border: 1px solid {colors.line};
        border-radius: 0; background: {colors.field}; font-size: {small}pt; }}
    QToolButton[segment="true"]:checked {{
        background: {colors.accent}; color: {colors.on_accent}; border-color: {colors.accent}; }}
    QToolButton[segment="true"]:hover:!checked {{ color: {colors.accent}; }}
    QToolBar QToolButton:focus, QToolButton[segment="true"]:focus,
        QToolButton[close="true"]:focus, QToolButton[section="true"]:focus {{
        border: 1px solid {colors.accent}; }}
    QToolButton[segment="true"]:checked:focus {{ border-color: {colors.text}; }}
    QStatusBar {{ background: {colors.panel}; border-top: 1px solid {colors.line}; }}
    QStatusBar::item {{ border: 0; }}
    QLabel[role="muted"] {{ color: {colors.muted}; font-size: {small}pt; }}
    QLabel[role="figure"] {{ font-size: {small}pt; }}
    QLabel[role="warning"] {{ color: {colors.warning}; font-size: {small}pt; }}
    QLineEdit[flat="true"] {{ background: transparent; border: 1px solid transparent;
        border-radius: 4px; padding: 1px 3px; }}
    QLineEdit[flat="true"]:hover {{ border-color: {colors.line}; }}
    QLineEdit[flat="true"]:focus {{ background: {colors.field}; border-color: {colors.accent}; }}
    QLineEdit[role="title"] {{ font-weight: 600; }}
    QLineEdit[role="muted"] {{ color: {colors.muted}; font-size: {small}pt; }}
    QLabel[role="headline"] {{ font-size: {large}pt; }}
    QLabel[role="title"] {{ font-weight: 600; }}
    QToolButton[section="true"] {{ border: 1px solid transparent; padding: 3px 0;
        font-weight: 600; }}
    QToolButton[link="true"] {{ color: {colors.muted}; border: 0; padding: 2px 0;
        font-size: {small}pt; text-decoration: underline; }}
    QToolButton[link="true"]:hover, QToolButton[link="true"]:focus {{ color: {colors.accent}; }}
    QToolButton[entry="true"] {{ border: 1px solid transparent; border-radius: 4px;
        padding: 0; min-width: 22px; color: {colors.muted}; }}
    QToolButton[entry="true"]:hover, QToolButton[entry="true"]:focus {{
        border-color: {colors.accent}; color: {colors.accent}; }}
    QRadioButton::indicator {{ width: 11px; height: 11px; border: 1px solid {colors.muted};
        border-radius: 6px; background: {colors.field}; }}
    QRadioButton::indicator:hover, QRadioButton::indicator:focus {{
        border-color: {colors.accent}; }}
    QRadioButton::indicator:checked {{ background: {colors.accent};
        border-color: {colors.accent}; }}
    QProgressBar {{ background: {colors.line}; border: 0; border-radius: 1px; }}
    QProgressBar::chunk {{ background: {colors.accent}; border-radius: 1px; }}
    QTextBrowser {{ background: transparent; border: 0; }}
    QPushButton[small="true"] {{ padding: 3px 10px; border: 1px solid {colors.line};
        border-radius: 4px; background: {colors.field}; font-size: {small}pt; }}
    QPushButton[small="true"]:hover, QPushButton[small="true"]:focus {{
        border-color: {colors.accent}; color: {colors.accent}; }}
    QPushButton[small="true"]:pressed {{ background: {colors.accent}; color: {colors.on_accent}; }}
    QToolButton[close="true"] {{ color: {colors.muted}; border: 1px solid transparent;
        padding: 0 3px; }}
    QToolButton[close="true"]:hover {{ color: {colors.text}; }}
    QFrame[floating="true"] {{ background: {colors.field}; border: 1px solid {colors.line};
        border-radius: 6px; }}
    QScrollBar {{ background: {colors.panel}; border: 0; width: 8px; height: 8px; }}
    QScrollBar::handle {{ background: {colors.line}; border-radius: 4px; min-height: 24px;
        min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {colors.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: {colors.panel}; border: 0; }}
    QToolTip {{ color: {colors.text}; background: {colors.field};
        border: 1px solid {colors.line}; padding: 4px; }}
    """
