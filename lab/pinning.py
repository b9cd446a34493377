"""Making pins in the training thread: of the run it trains, and of runs from files.

Both take time for a deep network, which the window cannot spare. Whatever goes wrong is said in a
message and harms no run.
"""

import logging
from pathlib import Path

from lab.mailbox import NotPinned, Pinned
from lab.pins import NO_STEPS, Label
from lab.run import Run
from lab.runfile import read_record, write_run
from lab.runform import RunFileError
from lab.words import one_line, reason_of

LOG = logging.getLogger(__name__)


def pin_of_run(run: Run | None, run_id: int, path: Path | None, label: Label) -> Pinned | NotPinned:
    """Copy the run's history and write the run to `path`, so that the pin outlives the program."""
    if run is None or not len(run.history):
        return NotPinned(run_id, label, NO_STEPS)
    reason = ""
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_run(path, run)
    except Exception as error:
        LOG.exception("a pinned run could not be written")
        reason = reason_of(error)
        path = None
    return Pinned(run_id, label, run.spec, run.history.copy(), path, one_line(reason))


def pin_of_file(run_id: int, path: Path, label: Label) -> Pinned | NotPinned:
    """Read what a run file shows of its run."""
    try:
        spec, history = read_record(path)
    except RunFileError as error:
        # The file of a run that was pinned earlier may bear a name that says nothing.
        named = "" if label.name == path.stem else f"“{label.name}” is gone: "
        return NotPinned(run_id, label, f"{named}{error}")
    except Exception as error:
        LOG.exception("a run file could not be pinned")
        return NotPinned(run_id, label, f"{one_line(path.name)} cannot be pinned: {error}.")
    if not len(history):
        return NotPinned(run_id, label, f"{one_line(path.name)} has no steps to compare with.")
    return Pinned(run_id, label, spec, history, path)
