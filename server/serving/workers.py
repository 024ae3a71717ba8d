"""Several processes that serve on one socket, and their parent, which replaces those that fail."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Final

from server.embedded import EmbeddedPostgres
from server.serving.heartbeat import LOOK_EVERY_S, STANDSTILL_S, Heartbeat
from server.serving.single import END_S, FORCED_END_S, serve_alone
from server.serving.stopping import StopSignals
from server.serving.worker import Worker
from server.settings.settings import Settings

_PAUSE_S: Final = 1.0

_log = logging.getLogger(__name__)


class Workers:
    """Keeps `settings.workers` processes serving until told to end. It serves nothing itself.

    A worker that dies, or whose event loop stands still, is replaced; one that cannot start the first time ends
    everything. All of them end when this process does, however it ends.
    """

    def __init__(
        self, settings: Settings, listener: socket.socket, signals: StopSignals, postgres: EmbeddedPostgres | None
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._signals = signals
        self._postgres = postgres
        self._signalled, self._signal = os.pipe()
        self._workers: list[Worker] = []

    def run(self, on_ready: Callable[[], None]) -> int:
        """Serve, and return the exit code. `on_ready` is called once, when all workers are ready."""
        self._signals.react(self._note)
        try:
            for index in range(self._settings.workers):
                self._start(index)
            return self._supervise(on_ready)
        finally:
            self._listener.close()
            self._stop()

    def _supervise(self, on_ready: Callable[[], None]) -> int:
        """Look after the workers until a signal comes, or until one can't start; return the exit code."""
        is_serving = False
        while True:
            pipes = [worker.pulse.pipe for worker in self._workers]
            if self._signalled in wait([self._signalled, *self._sentinels(), *pipes], timeout=LOOK_EVERY_S):
                os.read(self._signalled, 1)
                return 0
            for worker in self._workers:
                self._examine(worker)
            ended = [worker for worker in self._workers if worker.exit_code is not None]
            if ended and not is_serving:
                return 1
            for worker in ended:
                self._replace(worker)
            if not is_serving and all(worker.pulse.is_ready for worker in self._workers):
                is_serving = True
                on_ready()

    def _examine(self, worker: Worker) -> None:
        worker.pulse.look(time.monotonic())
        if worker.pulse.silent_s > STANDSTILL_S and worker.exit_code is None:
            _log.error("the event loop of worker %s has stood still for %d s", worker.pid, STANDSTILL_S)
            worker.kill()

    def _replace(self, worker: Worker) -> None:
        _log.error("worker %s ended with %s; starting another", worker.pid, worker.exit_code)
        index = self._workers.index(worker)
        del self._workers[index]
        worker.close()
        wait([self._signalled], timeout=_PAUSE_S)  # no faster, in case each one fails
        self._start(index)

    def _stop(self) -> None:
        """End all workers in an orderly way; a further signal makes them hurry."""
        self._send(signal.SIGTERM)
        deadline = time.monotonic() + END_S + FORCED_END_S
        while (living := self._living()) and (left_s := deadline - time.monotonic()) > 0:
            if self._signalled in wait([self._signalled, *living], timeout=left_s):
                os.read(self._signalled, 1)
                self._send(signal.SIGINT)
                deadline = min(deadline, time.monotonic() + 4 * FORCED_END_S)
        self._send(signal.SIGKILL)
        for worker in self._workers:
            worker.close()

    def _send(self, signum: signal.Signals) -> None:
        for worker in self._workers:
            worker.send(signum)

    def _sentinels(self) -> list[int]:
        return [worker.sentinel for worker in self._workers]

    def _living(self) -> list[int]:
        return [worker.sentinel for worker in self._workers if worker.exit_code is None]

    def _start(self, index: int) -> None:
        self._workers.insert(index, Worker(self._serve, self._signals, time.monotonic()))

    def _note(self, signum: int) -> None:
        os.write(self._signal, bytes([signum]))

    def _serve(self, heartbeat: Heartbeat) -> int:
        """Be a worker, in a process of its own."""
        for other in self._workers:
            other.pulse.close()
        if self._postgres is not None:
            self._postgres.disown()
        return serve_alone(self._settings, self._listener, self._signals, heartbeat.ready, heartbeat.run)
