"""One process that serves beside others, as seen by the parent that started it."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Final

from server.serving.heartbeat import Heartbeat, Pulse
from server.serving.last_resort import allow_dumps, request_dump
from server.serving.stopping import STOP_SIGNALS, StopSignals

_PR_SET_PDEATHSIG: Final = 1
_DUMP_S: Final = 0.2
"""How long a worker may take to write where it stands before it is killed."""

# Forked before any thread or event loop exists here, so a worker starts at once and shares memory with the others.
_fork = multiprocessing.get_context("fork")


class Worker:
    """A child process that carries out `serve`, which gets the means to beat.

    The child ends in an orderly way when this process ends, however that happens.
    """

    def __init__(self, serve: Callable[[Heartbeat], int], signals: StopSignals, now_s: float) -> None:
        receiving, sending = os.pipe()
        self.pulse = Pulse(receiving, now_s)
        self._process = _fork.Process(target=_be_a_worker, args=(serve, signals, sending, receiving, os.getpid()))
        # A signal for the worker has to wait until it no longer handles it as its parent does.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            os.close(sending)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.exitcode

    @property
    def sentinel(self) -> int:
        """A file descriptor that becomes readable when the process ends."""
        return self._process.sentinel

    def send(self, signum: signal.Signals) -> None:
        """Send a signal, if the process still runs."""
        if self.exit_code is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        """Have the process write where it stands, then end it at once."""
        if self.exit_code is None:
            request_dump(self.pid)
            wait([self.sentinel], timeout=_DUMP_S)
            self.send(signal.SIGKILL)
            self._process.join()

    def close(self) -> None:
        """Wait for the end of the process, and release what belongs to it."""
        self._process.join()
        self._process.close()
        self.pulse.close()


def _be_a_worker(
    serve: Callable[[Heartbeat], int], signals: StopSignals, sending: int, receiving: int, parent: int
) -> None:
    signals.react(lambda _: sys.exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    allow_dumps()
    os.setsid()  # a terminal's Ctrl-C is for the parent, which passes on what it means
    os.close(receiving)  # else this process would keep its own pipe open when the parent has gone
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == parent:
        sys.exit(serve(Heartbeat(sending)))
