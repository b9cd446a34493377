"""Beginning another process of this program, which is talked to through pipes without a name.

So nobody else's pickle is ever read. It is in a group of its own: Ctrl+C is for who began it.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # what Windows has for it


def begin(module: str, windows_flags: int = 0) -> subprocess.Popen[bytes]:
    """Run a module of this program. Raises OSError if no process can begin."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
        creationflags=OWN_GROUP | windows_flags,
    )
