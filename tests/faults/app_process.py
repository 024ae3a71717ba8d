"""One server process between two proxies, brought up again whenever it ends."""

import asyncio
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from tests.faults.postgres import Postgres
from tests.faults.proxy import Proxy, Target
from tests.processes import ServerProcess

START_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 30.0

LOOK_EVERY_S: Final = 0.05

_LEASH: Final = Path(__file__).with_name("leash.py")


class AppProcess:
    """A server that reaches Postgres through `to_postgres`, and is reached by clients through `to_app`.

    `keep_up` must be running: it starts the process, and starts it anew when it has ended, for whatever reason.
    """

    def __init__(self, number: int, postgres: Postgres, fail_points: Callable[[], str] = lambda: "") -> None:
        self.number = number
        self.to_postgres = Proxy(lambda: postgres.socket)
        self.to_app = Proxy(self._address)
        self.is_ready = asyncio.Event()
        self.ended = asyncio.Event()
        """Set when the process has ended. Who waits for the next end clears it first."""
        self.ends: list[int] = []
        """The exit codes so far; negative ones are signals."""
        self.largest_rss_kb = 0
        self.acknowledged_at = 0.0
        """When it last accepted a command, by the clock of the event loop."""
        self._postgres = postgres
        self._fail_points = fail_points
        self._server: ServerProcess | None = None
        self._said: list[str] = []

    @property
    def url(self) -> str:
        """Where clients find it: at its proxy, also while it does not run."""
        return f"http://127.0.0.1:{self.to_app.port}"

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    @property
    def said(self) -> str:
        """The last of what it printed, in its earlier lives too."""
        return "".join([*self._said, self._server.output[-20_000:] if self._server else ""])

    @property
    def rss_kb(self) -> int:
        """How much memory it holds."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except FileNotFoundError:
            return 0
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) if found else 0

    def signal(self, signum: signal.Signals) -> None:
        """Send the process a signal, if it still runs."""
        if self._server is not None and _poll(self._server) is None:
            self._server.signal(signum)

    async def keep_up(self) -> None:
        """Keep the process running until cancelled; then end it and wait until it is gone."""
        async with self.to_postgres, self.to_app:
            try:
                while True:
                    await self._live()
            finally:
                await self._end()

    async def _live(self) -> None:
        """Start the process, and wait until it ends."""
        self._server = ServerProcess(
            database_url=self._postgres.url_through(self.to_postgres.port),
            env={"FOURFOLD_FAIL_POINTS": self._fail_points(), "FOURFOLD_MAX_CONNECTIONS": "1000"},
            command=(sys.executable, "-IS", str(_LEASH), sys.executable, "-m", "server"),
        ).launch()
        while (code := _poll(self._server)) is None:
            self.largest_rss_kb = max(self.largest_rss_kb, self.rss_kb)
            if (
                not self.is_ready.is_set()
                and "http://" in self._server.output
                and await _is_ready(self._server.url)
            ):
                self.is_ready.set()
            await asyncio.sleep(LOOK_EVERY_S)
        self.is_ready.clear()
        self.ends.append(code)
        self._said = [*self._said[-5:], self._server.output[-5_000:], f"--- ended with {code}\n"]
        self.ended.set()
        self._server.__exit__(None, None, None)

    async def _end(self) -> None:
        if self._server is None or _poll(self._server) is not None:
            return
        self._server.signal(signal.SIGCONT)
        self._server.signal(signal.SIGTERM)
        deadline = asyncio.get_running_loop().time() + STOP_LIMIT_S
        while _poll(self._server) is None:
            if asyncio.get_running_loop().time() > deadline:
                self._server.kill()
            await asyncio.sleep(LOOK_EVERY_S)
        self._server.__exit__(None, None, None)

    def _address(self) -> Target:
        if self._server is None or "http://" not in self._server.output:
            return None
        return ("127.0.0.1", self._server.port)


async def _is_ready(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2, verify=False, trust_env=False) as client:
            return (await client.get(url + "/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def _poll(server: ServerProcess) -> int | None:
    return server._running().poll()  # noqa: SLF001 - it has no public way to look without waiting
