"""What must hold before NumPy or Qt is imported, and a watch over threads left behind."""

import os

# One BLAS thread: more slow small products down and change the last bits of sums.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import threading  # noqa: E402 - after the environment is set
from collections.abc import Iterator  # noqa: E402

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# The same examples in every run: a failure is there again the next time.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

GRACE_SECONDS = 0.5


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread of `lab`, or any that would keep the process alive."""
    before = set(threading.enumerate())
    yield
    started = [thread for thread in threading.enumerate() if thread not in before]
    for thread in filter(_must_end, started):
        thread.join(GRACE_SECONDS)
    left = [thread.name for thread in started if _must_end(thread) and thread.is_alive()]
    assert not left, f"threads left running: {left}"


def _must_end(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    modules = (type(thread).__module__, getattr(target, "__module__", None) or "")
    return not thread.daemon or any(name.partition(".")[0] == "lab" for name in modules)
