"""Putting values into words: numbers, shares, steps, and what may come from a stranger."""

import math

REPLACEMENT = "\ufffd"
UNKNOWN = "–"


def number(value: float) -> str:
    """Write a measured number with three significant digits, also where the last ones are zeros.

    So figures stay as wide as they are while they change. Small and large ones have an exponent,
    whole thousands keep all their digits, in groups of three. See `brief` for chosen numbers.
    """
    if value == 0 or not math.isfinite(value):
        return f"{abs(value) if value == 0 else value:g}"
    if 1e-3 <= abs(value) < 999.5:
        return f"{value:#.3g}".rstrip(".")
    if 999.5 <= abs(value) < 99_999.5:
        return spaced(round(value))
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def known(value: float) -> str:
    """Write a measured number, or a dash for NaN."""
    return UNKNOWN if math.isnan(value) else number(value)


def brief(value: float) -> str:
    """Write a chosen or a round number: like `number`, but without zeros at the end."""
    return number(value) if abs(value) >= 999.5 else chosen(value, 3)


def chosen(value: float, digits: int = 6) -> str:
    """Write a number as people do who choose one: no zeros at the end, and none in an exponent."""
    mantissa, _, exponent = f"{value + 0.0:.{digits}g}".partition("e")  # zero has no sign
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def percent(share: float, decimals: int = 1) -> str:
    """Write a share in percent, with decimals unless it is all or nothing."""
    return f"{100 * share:.{0 if share in {0, 1} else decimals}f} %"


def whole_percent(share: float) -> str:
    """Write a share in whole percent, a dash for NaN; what is not quite nothing says so."""
    if math.isnan(share):
        return UNKNOWN
    return percent(share, 0) if share == 0 or share >= 0.005 else "<1 %"


def spaced(count: int) -> str:
    """Write a whole number with narrow spaces between thousands, at which no line is broken."""
    return f"{count:,}".replace(",", "\u202f")


def name_of_steps(first: int, last: int) -> str:
    """Name a step, or the steps whose mean is shown."""
    if first == last:
        return f"step {spaced(last)}"
    return f"mean of steps {spaced(first)} to {spaced(last)}"


def of_networks(learning: int, count: int, *, past: bool = False) -> str:
    """Say of how many networks something is known; of the `past` more may have been there."""
    if learning == count:
        return str(count)
    return f"up to {count}" if past else f"{learning} of {count}"


def one_line(text: str, longest: int = 60) -> str:
    """Make a text fit one line of at most `longest` characters that any screen can show."""
    words = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else REPLACEMENT for letter in words)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def reason_of(error: Exception) -> str:
    """Return why something failed: the system's words, else the error's own, else its name."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
