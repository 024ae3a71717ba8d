"""A short-lived program between the launcher and PostgreSQL: drop privileges, tie to the parent's life, exec.

Called as `shim.py PARENT_PID UID GID PROGRAM ARGUMENT…`, with UID -1 to stay who we are. It is a program of its
own, and not code between fork and exec, because that is unsafe as soon as the parent has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become PROGRAM, which gets SIGINT (for PostgreSQL: a fast, clean stop) when the parent dies."""
    parent, uid, gid = (int(text) for text in sys.argv[1:4])
    if uid != -1:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears it. The check after it closes the gap: the parent may have died before.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)
    try:
        os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{sys.argv[4]}: {error.strerror}\n")
        raise SystemExit(126) from None


if __name__ == "__main__":
    main()
