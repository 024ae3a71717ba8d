"""One PostgreSQL of a cluster: its data directory, its port, and its processes."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import asyncpg

from server.database.pool import Connection
from server.embedded.cluster import DATABASE, HERE
from tests.postgres.copying import OPERATOR, Installation, write_as
from tests.postgres.sweep import remove_shared_memory
from tests.processes import descendants, is_alive

HOST: Final = "127.0.0.1"

_START_LIMIT_S: Final = 60.0
_STOP_LIMIT_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.01
_STATUS_LINE: Final = 7
"""Where the pid file says whether PostgreSQL accepts connections, as `pg_ctl` reads it."""

_SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # in the data directory: a killed PostgreSQL leaves nothing elsewhere
    "max_connections": "150",
    "shared_buffers": "32MB",
    "wal_keep_size": "256MB",  # so that a standby that was cut off can catch up
    "wal_retrieve_retry_interval": "100ms",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class Node:
    """A PostgreSQL on a port of its own, which stays the same over all its starts.

    It is stopped when the thread that starts it ends: start it in the main thread.
    """

    def __init__(self, directory: Path, installation: Installation, password: str) -> None:
        self.directory = directory
        self.installation = installation
        self._log = directory.with_name(f"{directory.name}.log")
        self._password = password
        self._reservation = _reserve_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_frozen = False

    @property
    def port(self) -> int:
        """The port of this machine that it listens on whenever it runs."""
        return int(self._reservation.getsockname()[1])

    @property
    def is_running(self) -> bool:
        """Whether its main process lives, frozen or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_frozen(self) -> bool:
        """Whether its processes stand still."""
        return self._is_frozen

    def configure(self, settings: Mapping[str, str]) -> None:
        """Write the settings that differ between nodes. A running one needs `reload` besides."""
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        write_as(self.installation.account, self.directory / "postgresql.auto.conf", "".join(lines))

    def reload(self) -> None:
        """Have it read its settings again."""
        self._main().send_signal(signal.SIGHUP)

    async def start(self) -> None:
        """Start it, and wait until it accepts connections: as a standby, if its directory says that it is one."""
        settings = _SETTINGS | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres = self.installation.programs.directory / "postgres"
        command: list[str | Path] = [postgres, "-D", HERE, *options]
        with self._log.open("ab") as log:
            self._process = self.installation.account.popen(command, cwd=self.directory, log=log)
        await _until(lambda: not self.is_running or self._status() in ("ready", "standby"), _START_LIMIT_S)
        assert self.is_running, f"PostgreSQL did not start; it said:\n{self._log.read_text()[-2000:]}"

    async def stop(self) -> None:
        """Stop it as its operator would: open transactions are rolled back, everybody is disconnected."""
        if not self.is_running or self._is_frozen:
            await self.kill()
            return
        self._main().send_signal(signal.SIGINT)
        try:
            await _until(lambda: not self.is_running, _STOP_LIMIT_S)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End all its processes at once with SIGKILL, as if its host broke down, and wait until they are gone."""
        if self.is_running:
            pids = self._pids()
            for pid in pids:
                _send(pid, signal.SIGKILL)
            await _until(lambda: not any(map(is_alive, pids)), _STOP_LIMIT_S)
            self._main().wait()
        remove_shared_memory(self.directory / "postmaster.pid")
        (self.directory / "postmaster.pid").unlink(missing_ok=True)
        self._is_frozen = False

    def freeze(self) -> None:
        """Let it stand still: connections are still accepted, by the kernel, and nothing is ever answered."""
        self._is_frozen = True
        self._main().send_signal(signal.SIGSTOP)  # first, so that it starts nothing more
        for pid in self._pids():
            _send(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        for pid in reversed(self._pids()):
            _send(pid, signal.SIGCONT)
        self._is_frozen = False

    async def connect(self) -> Connection:
        """Return a connection of the operator; the caller closes it."""
        return await asyncpg.connect(
            host=HOST,
            port=self.port,
            user=OPERATOR,
            password=self._password,
            database=DATABASE,
            ssl=False,
            timeout=10,
            command_timeout=30,
            server_settings={"application_name": "operator"},
        )

    def close(self) -> None:
        """Give the port back."""
        self._reservation.close()

    def _main(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "this PostgreSQL was not started"
        return self._process

    def _pids(self) -> list[int]:
        return [self._main().pid, *descendants(self._main().pid)]

    def _status(self) -> str:
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        return lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""


def _reserve_port() -> socket.socket:
    """Return a socket that is bound and does not listen.

    PostgreSQL may listen on the same port, and nobody else gets it while PostgreSQL is down.
    """
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reservation.bind((HOST, 0))
    return reservation


async def _until(condition: Callable[[], bool], timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while True:
            if condition():
                return
            await asyncio.sleep(_LOOK_EVERY_S)


def _send(pid: int, signum: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
        os.kill(pid, signum)
