"""The program as a whole, started as a person starts it, without a screen."""

import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from lab.runfile import write_run
from tests.lab.making import run_of
from tests.widgets.conftest import WindowMaker
from widgets import application, main_window
from widgets.colors import DARK, LIGHT, Colors

ROOT = Path(__file__).resolve().parents[2]
HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


def start(home: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program with a home of its own until it ends."""
    home.mkdir(exist_ok=True)
    known = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    known |= dict.fromkeys(HOMES, str(home))
    return subprocess.run(
        [sys.executable, "main.py", *map(str, arguments)],
        cwd=ROOT,
        env=known | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_screenshots_are_written_without_a_screen(tmp_path: Path) -> None:
    themes = {"dark": DARK, "light": LIGHT}
    wanted = [("1440x900", "dark"), ("1024x700", "light")]
    home, pictures = tmp_path / "home", [tmp_path / f"{'-'.join(one)}.png" for one in wanted]

    def take(size: str, theme: str, target: Path) -> subprocess.CompletedProcess[str]:
        options = ("--size", size, "--theme", theme, "--after", "0.6")
        return start(home, "--screenshot", target, *options)

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(take, *zip(*wanted, strict=True), pictures))
    assert [(one.returncode, one.stdout, one.stderr) for one in done] == [(0, "", "")] * 2
    for (size, theme), picture in zip(wanted, pictures, strict=True):
        check_picture(QImage(str(picture)), size, themes[theme])
    assert set(tmp_path.iterdir()) == {home, *pictures}
    settings = [path for path in home.rglob("*") if path.suffix in (".conf", ".ini")]
    assert settings == [], "a screenshot leaves no layout behind"


def check_picture(image: QImage, size: str, colors: Colors) -> None:
    assert f"{image.width()}x{image.height()}" == size
    places = [(x, y) for x in range(0, image.width(), 4) for y in range(0, image.height(), 4)]
    found = [image.pixelColor(x, y).name() for x, y in places]
    assert found.count(QColor(colors.panel).name()) > len(found) / 4
    assert len(set(found)) > 100, "nothing is drawn"


@pytest.mark.slow
def test_a_screenshot_of_a_run_file(tmp_path: Path) -> None:
    run, target = tmp_path / "run.safetensors", tmp_path / "picture.png"
    write_run(run, run_of(steps=5))
    before = run.read_bytes()
    done = start(tmp_path / "home", run, "--screenshot", target, "--after", "0.3")
    assert (done.returncode, done.stderr) == (0, "")
    assert target.exists()
    assert run.read_bytes() == before


@pytest.mark.slow
def test_a_screenshot_of_a_bad_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    run, target = tmp_path / "run.safetensors", tmp_path / "picture.png"
    run.write_bytes(b"nothing")
    done = start(tmp_path / "home", run, "--screenshot", target)
    assert done.returncode == 1
    expected = "run.safetensors cannot be opened: it is not a run of Backprop Lab.\n"
    assert done.stderr == expected
    assert not target.exists()


@pytest.mark.slow
def test_a_picture_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "picture.png"
    done = start(tmp_path / "home", "--screenshot", target)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(target) in done.stderr


@pytest.mark.slow
def test_without_a_screen_the_window_is_refused_in_one_sentence(tmp_path: Path) -> None:
    done = start(tmp_path / "home", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 2
    assert done.stderr.startswith("There is no display to open a window on")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("platform", "environment", "missing"),
    [
        ("linux", {}, True),
        ("linux", {"DISPLAY": ":0"}, False),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, False),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, False),
        ("linux", {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, True),
        ("darwin", {}, False),
        ("win32", {}, False),
    ],
)
def test_a_display_is_looked_for_where_it_can_be_missing(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], missing: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert application.display_is_missing() is missing


def test_garbage_is_collected_by_the_window_alone(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, make: WindowMaker
) -> None:
    """No other thread may meet a Qt object that is garbage, and nothing may pile up."""
    monkeypatch.setattr(main_window, "COLLECT_INTERVAL_MS", 20)
    make()

    class Knot:
        """Something that only the collector can free."""

    freed = []
    try:
        application.freeze_garbage_collection()
        assert not gc.isenabled()
        gc.callbacks.append(lambda _phase, info: freed.append(info["generation"]))
        for _ in range(3):
            knot = Knot()
            knot.itself = knot  # type: ignore[attr-defined]
            freed.clear()
            qtbot.waitUntil(lambda: len(freed) >= 4)
        assert set(freed) == {2}, "what survives one collection must not live forever"
        alive = [thing for thing in gc.get_objects() if isinstance(thing, Knot)]
        assert len(alive) <= 1
    finally:
        gc.callbacks.pop()
        gc.enable()
        gc.unfreeze()
