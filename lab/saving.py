"""Writing the run in training to a file, in the thread that trains it.

Whatever goes wrong is said in a message, or logged, and harms no run.
"""

import logging
from pathlib import Path

from lab.handouts import Handout
from lab.mailbox import HandoutSaved, NotSaved, Saved
from lab.run import Run
from lab.runfile import write_run
from lab.words import reason_of

LOG = logging.getLogger(__name__)


def save_handout(
    run: Run | None, run_id: int, path: Path, handout: Handout
) -> HandoutSaved | NotSaved:
    """Write the run as a hand-out; whose file the run itself belongs to does not change."""
    own = None if run is None else run.handout
    try:
        if run is not None:
            run.handout = handout
        answer = save_run(run, run_id, path)
    finally:
        if run is not None:
            run.handout = own
    return HandoutSaved(run_id, path) if isinstance(answer, Saved) else answer


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
