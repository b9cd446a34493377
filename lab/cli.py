"""The command line: what to open the window with, or an experiment to train without one.

Nothing heavy is imported before the arguments are understood, and nothing of the window at all:
the caller hands in the function that opens it.
"""

import errno
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click

from lab import VERSION
from lab.words import reason_of

THEMES = ("system", "light", "dark")
LONGEST_WAIT_S = 3600.0
INTERRUPTED = 130


@dataclass(frozen=True)
class WindowRequest:
    """What the window should start with; None leaves the choice to it.

    `file` is a run file, `preset` the name of a prepared experiment. With `screenshot` the window
    trains for `after` seconds, writes a picture of itself there and closes.
    """

    file: Path | None = None
    preset: str | None = None
    screenshot: Path | None = None
    after: float = 5.0
    size: tuple[int, int] | None = None
    theme: str | None = None


class Refusal(click.ClickException):
    """What was asked for is impossible: a plain message on standard error."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without decoration."""
        click.echo(self.message, file=file, err=file is None)


class Failure(Refusal):
    """What was asked for did not work out."""

    exit_code = 1


def main(open_window: Callable[[WindowRequest], int], argv: list[str] | None = None) -> int:
    """Carry out a command line; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    program = Path(sys.argv[0]).name
    try:
        if arguments[:1] == ["train"]:
            from lab.train import train_command

            return _exit_code(train_command(), arguments[1:], f"{program} train")
        return _exit_code(_window_command(open_window), arguments, program)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left; without this Python complains once more while exiting.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def writing_fault(path: Path) -> str | None:
    """Say in one sentence why a file could not be written, before hours go into its content."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            return None
    except OSError as error:
        return not_written(path, error)


def not_written(path: Path, error: OSError) -> str:
    """Say in one sentence why a file was not written."""
    reason = reason_of(error).lower()
    if not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    return f"{path} cannot be written: {reason}."


def _exit_code(command: click.Command, arguments: list[str], name: str) -> int:
    code = command.main(arguments, prog_name=name, standalone_mode=False)
    if sys.stdout is not None:  # a program without a console has none
        sys.stdout.flush()
    return int(code or 0)


class _WindowCommand(click.Command):
    """Its help also names the other command."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            text = f"Train without a window; see {ctx.info_name} train --help."
            formatter.write_dl([("train", text)])


def _window_command(open_window: Callable[[WindowRequest], int]) -> click.Command:
    def open_(
        file: Path | None,
        preset: str | None,
        theme: str | None,
        size: tuple[int, int] | None,
        screenshot: Path | None,
        after: float,
    ) -> int:
        _check_opening(file, preset)
        fault = writing_fault(screenshot) if screenshot is not None else None
        if fault is not None:
            raise Failure(fault)
        return open_window(WindowRequest(file, preset, screenshot, after, size, theme))

    a_file = click.Path(path_type=Path)
    params: list[click.Parameter] = [
        click.Argument(["file"], required=False, type=a_file, metavar="[FILE]"),
        click.Option(["--preset"], metavar="NAME", help="Start with a prepared experiment."),
        click.Option(["--theme"], type=click.Choice(THEMES), help="Colours of the window."),
        click.Option(
            ["--size"], metavar="WIDTHxHEIGHT", callback=_size, help="Such as 1440x900, in pixels."
        ),
        click.Option(
            ["--screenshot"],
            type=a_file,
            metavar="OUT.png",
            help="Train, write a picture of the window, leave.",
        ),
        click.Option(
            ["--after"],
            type=float,
            default=WindowRequest.after,
            show_default=True,
            metavar="SECONDS",
            callback=_seconds,
            help="When to take the picture.",
        ),
        _version_option(),
    ]
    text = "Open the laboratory, with the run in FILE if one is given."
    return _WindowCommand("open", params=params, callback=open_, help=text)


def _version_option() -> click.Option:
    def show(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
        if wanted:
            click.echo(f"Backprop Lab {VERSION}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show the version.",
    )


def _check_opening(file: Path | None, preset: str | None) -> None:
    """Refuse what the window could only complain about."""
    if file is not None and preset is not None:
        raise Refusal("Give either a file or a prepared experiment, not both.")
    if file is not None and not file.exists():
        raise Refusal(f"There is no file {file}; to train without a window, begin with train.")
    if preset is not None:
        from lab.presets import presets

        if preset not in presets():
            known = ", ".join(presets())
            raise Refusal(f"There is no prepared experiment {preset}; there are {known}.")


def _size(
    _ctx: click.Context, _option: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{1,3})x([1-9]\d{1,3})", text, re.ASCII)
    if found is None:
        raise click.BadParameter(f"{text} is not a width and a height such as 1440x900.")
    return int(found[1]), int(found[2])


def _seconds(_ctx: click.Context, _option: click.Parameter, value: float) -> float:
    if not 0 <= value <= LONGEST_WAIT_S:  # NaN is within no range
        raise click.BadParameter(f"{value:g} is not within 0 to {LONGEST_WAIT_S:g}.")
    return value
