"""Putting what may come from a stranger, such as a name or a value, into a sentence."""

REPLACEMENT = "\ufffd"


def one_line(text: str, longest: int = 60) -> str:
    """Make a text fit one line of at most `longest` characters that any screen can show."""
    words = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else REPLACEMENT for letter in words)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
