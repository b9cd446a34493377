"""Putting values into a sentence: counts, and what may come from a stranger, such as a name."""

REPLACEMENT = "\ufffd"


def one_line(text: str, longest: int = 60) -> str:
    """Make a text fit one line of at most `longest` characters that any screen can show."""
    words = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else REPLACEMENT for letter in words)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def spaced(count: int) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{count:,}".replace(",", "\u2009")


def percent(share: float) -> str:
    """Write a share in percent with one decimal, which all and nothing do not need."""
    return f"{100 * share:.0f} %" if share in {0, 1} else f"{100 * share:.1f} %"
