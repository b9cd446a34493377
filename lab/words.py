"""Putting values into a sentence: numbers, and what may come from a stranger, such as a name."""

REPLACEMENT = "\ufffd"


def one_line(text: str, longest: int = 60) -> str:
    """Make a text fit one line of at most `longest` characters that any screen can show."""
    words = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else REPLACEMENT for letter in words)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def spaced(count: int) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{count:,}".replace(",", "\u2009")


def percent(share: float, decimals: int = 1) -> str:
    """Write a share in percent, with decimals unless it is all or nothing."""
    return f"{100 * share:.{0 if share in {0, 1} else decimals}f} %"


def chosen(value: float, digits: int = 6) -> str:
    """Write a number as people do who choose one: no zeros at the end, and none in an exponent."""
    mantissa, _, exponent = f"{value + 0.0:.{digits}g}".partition("e")  # zero has no sign
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
