"""Start here: opens the window, or hands the command line to `lab.cli`."""

import gc
import os
import sys

# What importing makes lives as long as the program: looking it through for garbage again and again
# is a twentieth of the time to the first frame.
gc.set_threshold(1_000_000)

# One BLAS thread, set before NumPy is imported: small products are faster and bits do not change.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from lab import cli  # noqa: E402 - see above


def open_window(request: cli.WindowRequest) -> int:
    """Open the window; Qt is imported only now, so that the command line works without it."""
    from widgets.application import display_is_missing

    if request.screenshot is None and display_is_missing():
        sys.stderr.write(
            "There is no display to open a window on; --screenshot and train need none.\n"
        )
        return 2
    from widgets.application import open_window as show

    return show(request)


if __name__ == "__main__":
    sys.exit(cli.main(open_window))
