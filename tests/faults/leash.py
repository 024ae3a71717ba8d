"""`leash.py COMMAND …` becomes COMMAND, which is then killed when its parent ends, however that ends.

Run as a program, so it needs nothing but the standard library.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def run_on_leash(command: Sequence[str]) -> None:
    """Become `command`. It keeps the order to die, since that survives `exec`."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the order was given
        raise SystemExit(1)
    os.execv(command[0], list(command))


if __name__ == "__main__":
    run_on_leash(sys.argv[1:])
