"""What works when the event loop stands still: an end in bounded time, and a look at where it stands."""

import faulthandler
import os
import signal
from typing import Final

_STDERR: Final = 2
_DUMP_SIGNAL: Final = signal.SIGUSR2


def end_within(limit_s: float) -> None:
    """End this process with code 1 after `limit_s` seconds, unless this is called again or called off before then.

    A thread in C does it, which needs neither the event loop nor the interpreter; it first writes to standard error
    where each thread stands. Called by a signal handler, it is too late for code in C that never returns to the
    interpreter: that is for SIGKILL.
    """
    faulthandler.dump_traceback_later(limit_s, exit=True, file=_STDERR)


def call_off() -> None:
    """Take back `end_within`."""
    faulthandler.cancel_dump_traceback_later()


def allow_dumps() -> None:
    """Have this process write to standard error where each thread stands, when `request_dump` asks for it."""
    faulthandler.register(_DUMP_SIGNAL, file=_STDERR)


def request_dump(pid: int) -> None:
    """Ask a process for a dump; one that did not call `allow_dumps` ends."""
    os.kill(pid, _DUMP_SIGNAL)
