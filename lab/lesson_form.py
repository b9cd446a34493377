"""The form of a lesson's file: headings, words, blocks of names and values, quotations.

What the names mean is `lesson_reader`'s. A `Line` knows where it stands, and so can say in one
sentence what is wrong there.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.errors import hint
from lab.spans import FORM, Span, span_from
from lab.words import one_line

FENCE, FENCE_END = "```lab", "```"


class LessonError(ValueError):
    """A lesson that cannot be read; its text is one sentence."""


@dataclass(frozen=True)
class Line:
    """One line of a block; `name` and `value` are the two sides of its colon."""

    file: str
    number: int
    name: str
    value: str

    def wrong(self, received: str, allowed: str) -> LessonError:
        """Return the sentence that says what is wrong here."""
        return LessonError(
            f"{self.file}, line {self.number}: received {one_line(received)!r}; allowed: {allowed}."
        )

    def known(self, name: str, names: Collection[str]) -> str:
        """Return a name that is known, or refuse it with the nearest one that is."""
        if name in names:
            return name
        raise self.wrong(name, ", ".join(names) + hint(name, names))

    def span(self, text: str) -> Span:
        """Read numbers from one to another."""
        try:
            return span_from(text)
        except ValueError:
            raise self.wrong(text, FORM) from None

    def whole(self, low: int, high: int) -> int:
        """Read the value as a whole number within bounds."""
        if self.value.isdecimal() and low <= int(self.value[:9]) <= high:
            return int(self.value)
        raise self.wrong(self.value, f"whole number from {low} to {high}")


@dataclass(frozen=True)
class Section:
    """What stands below one heading: words, the lines of its block, and a quotation."""

    start: Line
    title: str
    text: str
    lines: tuple[Line, ...]
    quotation: str


def sections_of(text: str, file: str) -> Iterator[Section]:
    """Yield the sections of a text, the first being what stands above the steps."""
    title, start, body = "", Line(file, 1, "", text.partition("\n")[0]), list[Line]()
    for number, content in enumerate(text.splitlines(), 1):
        line = Line(file, number, "", content)
        if "![" in content:
            raise line.wrong(content, "words without pictures")
        if number == 1 and content.startswith("# "):
            title = content.removeprefix("# ").strip()
        elif content.startswith("## "):
            yield _section(start, title, body)
            title, start, body = content.removeprefix("## ").strip(), line, []
        else:
            body.append(line)
    yield _section(start, title, body)


def _section(start: Line, title: str, body: list[Line]) -> Section:
    words, lines, quoted, inside = list[str](), list[Line](), list[str](), False
    for line in body:
        content = line.value.rstrip()
        if content in (FENCE, FENCE_END) and inside != (content == FENCE):
            inside = content == FENCE
        elif inside and content.strip():
            name, colon, value = content.partition(":")
            if not colon or not value.strip():
                raise line.wrong(content, "name: value")
            lines.append(Line(line.file, line.number, name.strip(), value.strip()))
        elif content.startswith(">"):
            quoted.append(content[1:].strip())
        else:
            words.append(content)
    if inside:
        raise start.wrong(title, f"a block that ends with {FENCE_END}")
    return Section(start, title, _joined(words), tuple(lines), _joined(quoted))


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()
