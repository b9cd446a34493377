"""A stranger's text fits one line of any screen."""

import pytest

from lab.words import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand  more ", "two lines and more"),
        ("\x00\x1b[31m\ud800\u202e", "\ufffd\ufffd[31m\ufffd\ufffd"),
        ("übermäßig 走", "übermäßig 走"),
        ("", ""),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown
    assert one_line(text).isprintable()
    assert len(one_line(text, 5)) <= 5
