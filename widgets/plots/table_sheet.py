"""How tables look: quiet, with hairlines between their rows."""

from widgets.colors import blend
from widgets.theme import Theme

PADDING_PX = 3  # of cells and headings, left and right


def table_sheet(theme: Theme) -> str:
    """Return the style sheet of a table view in the present theme."""
    colors, small = theme.colors, theme.font("small")
    chosen = blend(colors.accent, colors.panel, 0.28).name()
    return f"""
        QTableView {{ background: {colors.panel}; border: 0;
            selection-background-color: {chosen}; selection-color: {colors.text}; }}
        QAbstractScrollArea::corner {{ background: {colors.panel}; border: 0; }}
        QHeaderView {{ background: {colors.panel}; border: 0; }}
        QHeaderView::section {{ background: {colors.panel}; color: {colors.muted};
            font-size: {small.pointSizeF()}pt; border: 0;
            border-bottom: 1px solid {colors.line}; padding: 3px {PADDING_PX}px; }}
        QTableView::item {{ padding: 0 {PADDING_PX}px;
            border-bottom: 1px solid {colors.grid}; }}
        """
