"""Where unexpected errors go: a log file, and the window if there is one.

Exceptions of slots, of threads and of the interpreter itself are all written down; nothing is sent.
"""

import faulthandler
import logging
import sys
import threading
import traceback
from collections import deque
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QStandardPaths

LOG = logging.getLogger(__name__)
LOG_NAME = "backprop-lab.log"
MOST_WAITING = 20

# Tracebacks that no window has shown yet; threads add, the window's timer takes.
unshown: deque[str] = deque(maxlen=MOST_WAITING)


def log_folder() -> Path:
    """Return the folder of the log file, where the platform wants it."""
    location = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(location))


def install() -> None:
    """Write all unexpected errors to the log file from now on."""
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(folder / LOG_NAME, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
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
    unshown.append(text)
