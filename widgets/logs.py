"""Where unexpected errors go: a log file, and the window if there is one.

Exceptions of slots, of threads and of the interpreter itself are all written down; nothing is sent.
"""

import faulthandler
import logging
import logging.handlers
import sys
import threading
import traceback
from collections import deque
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QStandardPaths

LOG = logging.getLogger(__name__)
LOG_NAME = "backprop-lab.log"
LARGEST_LOG = 1 << 20
MOST_WAITING = 20

# Tracebacks that no window has shown yet; threads add, the window's timer takes.
unshown: deque[str] = deque(maxlen=MOST_WAITING)
# What was met lately: an error at every tick of a timer is shown once.
_met: deque[str] = deque(maxlen=MOST_WAITING)


def log_folder() -> Path:
    """Return the folder of the log file, where the platform wants it."""
    location = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(location))


def install() -> None:
    """Write all unexpected errors to the log file from now on."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            folder / LOG_NAME, maxBytes=LARGEST_LOG, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    if sys.stderr is not None:  # a program without a console has none
        faulthandler.enable()
    sys.excepthook = _on_exception
    threading.excepthook = lambda args: _on_exception(
        args.exc_type, args.exc_value, args.exc_traceback
    )


def _on_exception(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
        return
    text = "".join(traceback.format_exception(kind, error, trace))
    LOG.error("unexpected error\n%s", text)
    if text not in _met:
        _met.append(text)
        unshown.append(text)
        if sys.stderr is not None:
            sys.stderr.write(text)
