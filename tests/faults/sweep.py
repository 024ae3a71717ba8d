"""`sweep.py DIRECTORY` waits until its input ends, which it does when its parent has, and deletes the directory.

And the directory of PostgreSQL's socket, to which a link in it points. Run as a program, so it needs nothing but
the standard library.
"""

import shutil
import sys
import time
from pathlib import Path

SOCKET_LINK = Path("data", "socket")
ATTEMPTS = 300
PAUSE_S = 0.1


def sweep(directory: Path) -> None:
    """Delete until nothing is left: what still runs in there is ending, and may write a last time."""
    link = directory / SOCKET_LINK
    if link.is_symlink():
        shutil.rmtree(link.readlink(), ignore_errors=True)
    for _ in range(ATTEMPTS):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    sys.stdin.read()
    sweep(Path(sys.argv[1]))
