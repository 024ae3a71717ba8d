"""What is put under load: servers that are started here with a database of their own, or one that runs already."""

import asyncio
import ipaddress
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from server.embedded import EmbeddedPostgres
from tests.processes import ROOT, ServerProcess

REFERENCES: Final = ("ceiling", "per_move")
"""Servers to compare ours with, see `tests.load.references`."""

OURS: Final = "fourfold"


class TargetError(Exception):
    """There is nothing to put under load; the message says why, and what to do."""


class Target:
    """Servers at `urls`. Those started here can be killed, and their processes be looked at."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        database_url: str | None = None,
        servers: Sequence[ServerProcess] = (),
        postgres_pid: int | None = None,
        has_rules: bool = True,
    ) -> None:
        self.urls = list(urls)
        self.database_url = database_url
        """Where the log lies, for the checks; None where it is only known over HTTP."""
        self.postgres_pid = postgres_pid
        self.has_rules = has_rules
        self._servers = list(servers)

    @property
    def is_ours(self) -> bool:
        """Whether the servers were started here."""
        return bool(self._servers)

    @property
    def server_pids(self) -> list[int]:
        """The processes of the servers, as far as they are known."""
        return [server.pid for server in self._servers]

    async def kill(self, number: int) -> None:
        """End one server with SIGKILL and start it again, at its old address."""
        server = self._servers[number % len(self._servers)]
        server.signal(signal.SIGKILL)
        await asyncio.to_thread(server.wait)
        await asyncio.to_thread(server.start)


@contextmanager
def running(kind: str, workers: int) -> Iterator[Target]:
    """Start `workers` servers of a kind, and a durable database (fsync on) for them; leave nothing of it behind."""
    with ExitStack() as stack:
        if kind == "ceiling":
            servers = [_reference(stack, kind, None)]
            yield Target([server.url for server in servers], servers=servers, has_rules=False)
            return
        url, pid = stack.enter_context(_database())
        if kind == OURS:
            servers = [
                stack.enter_context(ServerProcess(database_url=url, port=_free_port(), env=_ROOM))
                for _ in range(workers)
            ]
            log_url: str | None = url
        else:
            servers, log_url = [_reference(stack, kind, url)], None
        addresses = [server.url for server in servers]
        yield Target(addresses, database_url=log_url, servers=servers, postgres_pid=pid)


def existing(url: str, database_url: str | None, *, is_far_allowed: bool) -> Target:
    """Return a server that runs already.

    Raises:
        TargetError: the address is none, or not one of this machine although that was not allowed.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(f"--url: an address like http://127.0.0.1:8000 is expected, but {url!r} came.")
    if not is_far_allowed and not _is_loopback(parts.hostname):
        raise TargetError(
            f"{parts.hostname} is not this machine. Load tests can take a server down: if it is yours and nobody "
            f"plays on it, say so with --allow-remote."
        )
    return Target([url.rstrip("/")], database_url=database_url)


_ROOM: Final = {"FOURFOLD_MAX_CONNECTIONS": "20000"}


def _reference(stack: ExitStack, kind: str, database_url: str | None) -> ServerProcess:
    command = (sys.executable, "-m", "tests.load.references", kind)
    return stack.enter_context(_Reference(database_url=database_url, port=_free_port(), command=command))


class _Reference(ServerProcess):
    """A reference server has a command of its own instead of `serve`, and no other flag than `--port`."""

    def __init__(self, *, database_url: str | None, port: int, command: Sequence[str]) -> None:
        super().__init__(database_url=database_url or "unused", port=port, command=command, cwd=ROOT)
        self.command = [*command, "--port", str(port)]


@contextmanager
def _database() -> Iterator[tuple[str, int]]:
    directory = Path(tempfile.mkdtemp(prefix="fourfold-load-", dir="/var/tmp"))
    directory.chmod(0o711)  # PostgreSQL's account must reach its data below it
    postgres = EmbeddedPostgres(directory / "database")
    try:
        url = postgres.start()
        yield url, postgres.pid
    finally:
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
