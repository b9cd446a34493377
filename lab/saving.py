"""Writing the run in training to a file, in the thread that trains it.

Whatever goes wrong is said in a message, or logged, and harms no run.
"""

import logging
from pathlib import Path

from lab.mailbox import NotSaved, Saved
from lab.run import Run
from lab.runfile import write_run
from lab.words import reason_of

LOG = logging.getLogger(__name__)


def save_run(run: Run | None, run_id: int, path: Path) -> Saved | NotSaved:
    """Write the run that a person wants saved."""
    if run is None:
        return NotSaved(run_id, path, "there is no run")
    try:
        write_run(path, run)
    except Exception as error:
        LOG.exception("saving failed")
        return NotSaved(run_id, path, reason_of(error))
    return Saved(run_id, path, run.trainer.steps_done)


def keep_run(run: Run | None, path: Path) -> None:
    """Write a safety copy, of which nobody is told."""
    if run is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_run(path, run)
    except Exception:
        LOG.exception("the safety copy could not be written")
