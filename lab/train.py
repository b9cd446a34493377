"""Training without a window: `train PRESET|SPEC.json|RUN`, from the command line to the exit code.

Every field of the spec is an option here by itself. What is printed is in `lab.report`.
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from core.divergence import Divergence
from lab.cli import INTERRUPTED, Failure, Refusal, not_written, writing_fault
from lab.crash import Crash
from lab.faults import Fault, SpecError, content_of_json
from lab.history import MOST_STEPS
from lab.options import GENERAL, given_values, knob_options, section_of
from lab.outcome import document, outcome_of
from lab.presets import presets
from lab.report import print_report
from lab.run import Phase, Run
from lab.runfile import read_run, write_run
from lab.runform import RunFileError
from lab.spec import KNOBS, spec_from
from lab.words import one_line, reason_of

DEFAULT_STEPS = 1000
PROGRESS_INTERVAL_S = 0.1
EXIT_CODES = {Phase.FINISHED: 0, Phase.DIVERGED: 1, Phase.STOPPED: INTERRUPTED}


def train_command() -> click.Command:
    """Make the command, with an option for every field of the spec."""
    return _TrainCommand(
        "train",
        params=[
            click.Argument(["start"], metavar="PRESET|SPEC.json|RUN"),
            click.Option(
                ["--steps"],
                default=str(DEFAULT_STEPS),
                show_default=True,
                metavar="NUMBER",
                help="How many to take.",
            ),
            click.Option(
                ["--out"], type=click.Path(path_type=Path), metavar="RUN", help="Save the run here."
            ),
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document."),
            *knob_options(),
        ],
        callback=_train,
        help="Train without a window and print what was measured. Begin with a prepared "
        "experiment, with the spec in a JSON file, or go on with the run in a run file. With "
        "--steps 0 the network is measured and learns nothing.\n\nThe exit code is 0; 1 when the "
        "run diverged or could not be saved; 2 when something asked for is impossible; 130 after "
        "Ctrl+C.",
    )


class _TrainCommand(click.Command):
    """Its help has a section per part of the spec, and the prepared experiments."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {GENERAL: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections.setdefault(section_of(parameter), []).append(record)
        sections["Prepared experiments"] = [
            (preset.name, preset.title) for preset in presets().values()
        ]
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def _train(start: str, steps: str, out: Path | None, as_json: bool, **given: Any) -> int:
    run, count = _prepared(start, given_values(given), steps)
    fault = writing_fault(out) if out is not None else None
    if fault is not None:
        raise Failure(fault)
    began, first = time.perf_counter(), run.trainer.steps_done
    try:
        ending, detail, crash = _trained(run, count)
    finally:
        saving_fault = _saved(run, out)  # also what was learned before an unexpected error
    seconds = time.perf_counter() - began
    frame = run.frame(0.0, renew=True)
    outcome = outcome_of(run, frame, ending, detail, crash)
    if as_json:
        click.echo(json.dumps(document(outcome), indent=2, allow_nan=False))
    else:
        print_report(outcome, frame.step - first, seconds)
    for sentence in filter(None, (detail, saving_fault)):
        click.echo(sentence, err=True)
    return EXIT_CODES[ending] if saving_fault is None else 1


# -- where it starts


def _prepared(start: str, changes: Mapping[str, Any], steps: str) -> tuple[Run, int]:
    """Return the run to train and for how many steps; refuse with every fault at once."""
    faults: list[Fault] = []
    if not (steps.isascii() and steps.isdecimal() and int(steps[:20]) <= MOST_STEPS):
        faults.append(Fault("steps", one_line(steps), f"whole number from 0 to {MOST_STEPS}"))
    try:
        run = _run_of(start, changes)
    except SpecError as error:
        faults.extend(error.faults)
    except RunFileError as error:
        raise Refusal(str(error)) from None
    if faults:
        raise Refusal("\n".join(str(fault) for fault in faults))
    return run, int(steps)


def _run_of(start: str, changes: Mapping[str, Any]) -> Run:
    path = Path(start)
    if start in presets():
        return Run(presets()[start].spec.with_values(changes))
    if not path.exists():
        known = ", ".join(presets())
        raise Refusal(f"{start} is neither a file nor one of the prepared experiments {known}.")
    if path.suffix.lower() == ".json":
        return Run(spec_from(_overlaid(_spec_content(path), changes)))
    return _continued(read_run(path), changes)


def _spec_content(path: Path) -> Any:
    """Return what a JSON file holds as its spec: all of it, or what is called so in it."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        reason = reason_of(error).lower()
        raise Refusal(f"{path} cannot be opened: {reason}.") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path} cannot be opened: it is not text in UTF-8.") from None
    content = content_of_json(text)
    return content["spec"] if isinstance(content, dict) and "spec" in content else content


def _overlaid(content: Any, changes: Mapping[str, Any]) -> Any:
    """Put values given as options over a file's; what is not an object is left to be refused."""
    if not isinstance(content, dict):
        return content
    result = dict(content)
    for path, value in changes.items():
        part, name = path.split(".")
        within = result.get(part, {})
        if isinstance(within, dict):
            result[part] = {**within, name: value}
    return result


def _continued(run: Run, changes: Mapping[str, Any]) -> Run:
    """Let a run go on with other values of its live fields; the others are as they are."""
    faults = [
        Fault(path, str(value), f"{run.spec.value(path)}, which a run that goes on keeps")
        for path, value in changes.items()
        if not KNOBS[path].live and value != run.spec.value(path)
    ]
    live = {path: value for path, value in changes.items() if KNOBS[path].live}
    try:
        spec = run.spec.with_values(live)
    except SpecError as error:
        faults.extend(error.faults)
    if faults:
        raise SpecError(faults)
    run.tune(spec)
    return run


# -- training


def _trained(run: Run, count: int) -> tuple[Phase, str, Crash | None]:
    """Take the steps; return how that ended and, unless all were taken, a sentence."""
    last = run.trainer.steps_done + count
    with _interruption() as interrupted, _progress(run, count) as show, _at_rest(run):
        while run.trainer.steps_done < last:
            if interrupted.is_set():
                return Phase.STOPPED, f"stopped after step {run.trainer.steps_done}", None
            try:
                run.advance(last - run.trainer.steps_done)
            except Divergence as divergence:
                return Phase.DIVERGED, str(divergence), run.crash(divergence)
            show()
    return Phase.FINISHED, "", None


@contextmanager
def _at_rest(run: Run) -> Iterator[None]:
    try:
        yield
    finally:
        run.rest()


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """Let Ctrl+C set a flag, so that it never falls into the middle of a step; a second one ends.

    Yields the flag.
    """
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(run: Run, count: int) -> Iterator[Callable[[], None]]:
    """Show a bar on standard error when a person is watching; yields what renews it."""
    if not count or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3g}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as progress:
        task = progress.add_task("", total=count, loss=run.loss)
        first, shown_at = run.trainer.steps_done, time.perf_counter()

        def show() -> None:
            nonlocal shown_at
            now = time.perf_counter()
            if now - shown_at >= PROGRESS_INTERVAL_S:
                shown_at = now
                done = run.trainer.steps_done - first
                progress.update(task, completed=done, loss=run.loss, refresh=True)

        yield show


def _saved(run: Run, out: Path | None) -> str | None:
    """Save the run if that was asked for; return a sentence when it failed."""
    if out is None:
        return None
    try:
        write_run(out, run)
    except OSError as error:
        return not_written(out, error)
    click.echo(f"Saved {out} at step {run.trainer.steps_done}.", err=True)
    return None
