"""`sweep.py DIRECTORY` waits until its input ends, as it does when its parent ends, and removes what is left there.

That is every process that works in the directory, frozen ones too, their shared memory, and the directory itself.
Run as a program, so it needs nothing but the standard library.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ATTEMPTS = 300
PAUSE_S = 0.1

IPC_RMID = 0
"""Of sys/shm.h: remove a segment of shared memory once nobody is attached to it."""


def sweep(directory: Path) -> None:
    """Kill and delete until nothing is left: whoever is ending may write a last time."""
    for _ in range(ATTEMPTS):
        for pid in _working_in(directory):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid_file in directory.glob("*/postmaster.pid"):
            remove_shared_memory(pid_file)
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(PAUSE_S)


def remove_shared_memory(pid_file: Path) -> None:
    """Remove the shared memory that a PostgreSQL noted in its pid file, and left there when it was killed.

    It holds only the lock on the data directory; all else that PostgreSQL shares ends with its processes.
    """
    try:
        segment = int(pid_file.read_text().splitlines()[6].split()[1])
    except (FileNotFoundError, IndexError, ValueError):
        return  # not that far yet, or removed already
    ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)


def _working_in(directory: Path) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(directory):
                yield int(process.name)


if __name__ == "__main__":
    sys.stdin.read()
    sweep(Path(sys.argv[1]))
