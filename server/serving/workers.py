"""Several processes that serve on one socket, and the one that looks after them."""

import ctypes
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from server.embedded import EmbeddedPostgres
from server.serving.single import END_S, FORCED_END_S, serve_alone
from server.serving.stopping import STOP_SIGNALS, StopSignals
from server.settings.settings import Settings

_PR_SET_PDEATHSIG = 1
_PAUSE_S = 1.0

_log = logging.getLogger(__name__)
# Forked before any thread or event loop exists here, so a worker starts at once and shares memory with the others.
_fork = multiprocessing.get_context("fork")


class Workers:
    """Keeps `settings.workers` processes serving until told to end. It serves nothing itself.

    A worker that dies is replaced; one that cannot even start the first time ends everything. All of them end
    when this process does, however it ends.
    """

    def __init__(
        self, settings: Settings, listener: socket.socket, signals: StopSignals, postgres: EmbeddedPostgres | None
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._signals = signals
        self._postgres = postgres
        self._signalled, self._signal = os.pipe()
        self._ready, self._tell_ready = os.pipe()
        self._processes: list[BaseProcess] = []

    def run(self, on_ready: Callable[[], None]) -> int:
        """Serve, and return the exit code. `on_ready` is called once, when all workers are ready."""
        self._signals.react(self._note)
        self._processes = [self._start() for _ in range(self._settings.workers)]
        try:
            code = self._await_ready()
            if code is None:
                on_ready()
                code = self._look_after()
        finally:
            self._listener.close()
            self._stop()
        return code

    def _await_ready(self) -> int | None:
        """Wait for every worker; return an exit code when that was in vain."""
        waiting_for = len(self._processes)
        while waiting_for:
            came = wait([self._ready, self._signalled, *self._sentinels()])
            if self._signalled in came:
                os.read(self._signalled, 1)
                return 0
            if self._ready in came:
                waiting_for -= len(os.read(self._ready, waiting_for))
            elif dead := next((process for process in self._processes if process.exitcode is not None), None):
                return dead.exitcode or 1
        return None

    def _look_after(self) -> int:
        while True:
            came = wait([self._signalled, *self._sentinels()])
            if self._signalled in came:
                os.read(self._signalled, 1)
                return 0
            for index, process in enumerate(self._processes):
                if process.exitcode is not None:
                    _log.error("worker %s ended with %s; starting another", process.pid, process.exitcode)
                    wait([self._signalled], _PAUSE_S)  # no faster, in case each one fails
                    self._processes[index] = self._start()

    def _stop(self) -> None:
        """End all workers in an orderly way; a further signal hurries them."""
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + END_S + FORCED_END_S
        while (living := self._living()) and (left_s := deadline - time.monotonic()) > 0:
            if self._signalled in wait([self._signalled, *living], timeout=left_s):
                os.read(self._signalled, 1)
                self._send(signal.SIGINT)
                deadline = min(deadline, time.monotonic() + 4 * FORCED_END_S)
        self._send(signal.SIGKILL)
        for process in self._processes:
            process.join()

    def _send(self, signum: signal.Signals) -> None:
        for process in self._processes:
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signum)

    def _sentinels(self) -> list[int]:
        return [process.sentinel for process in self._processes]

    def _living(self) -> list[int]:
        return [process.sentinel for process in self._processes if process.is_alive()]

    def _start(self) -> BaseProcess:
        process = _fork.Process(target=self._work, args=(os.getpid(),))
        # A signal for the worker must wait until it no longer takes it for one of ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        return process

    def _note(self, signum: int) -> None:
        os.write(self._signal, bytes([signum]))

    def _tell(self) -> None:
        os.write(self._tell_ready, b".")

    def _work(self, parent: int) -> None:
        """Be a worker, from the fork on."""
        self._signals.react(lambda _: sys.exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.setsid()  # a terminal's Ctrl-C is for the parent, which tells us what it means
        if self._postgres is not None:
            self._postgres.disown()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            return
        serve_alone(self._settings, self._listener, self._signals, self._tell)
