"""Real server processes for tests: start one, find out where it listens, stop or kill it, leave nothing behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from server.embedded import DataDir

ROOT = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0

SECRET = "a secret for tests only, but long enough"


class ServerProcess:
    """`fourfold serve` in a process of its own, on a free port.

        with ServerProcess(database_url=url) as server:
            get(server.url + "/healthz")

    `with ServerProcess(…).launch() as server:` does not wait until it is ready.

    Several of them with one `database_url` share its games and, through `SECRET`, their players. Without a
    `database_url` it starts its own PostgreSQL; without a `data_dir` either, an ephemeral one.
    """

    def __init__(
        self,
        *flags: str,
        database_url: str | None = None,
        data_dir: Path | None = None,
        port: int = 0,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "server"),
        cwd: Path = ROOT,
        user: int | None = None,
    ) -> None:
        places = ["--data-dir", str(data_dir)] if data_dir else [] if database_url else ["--ephemeral"]
        self.command = [*command, "serve", "--port", str(port), *places, *flags]
        self.env = clean_environment() | ({"DATABASE_URL": database_url} if database_url else {}) | dict(env or {})
        self._cwd = cwd
        self._user = user
        self._data_dir = data_dir
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> Self:
        """Start the process, and do not wait for it."""
        self._log.seek(0, os.SEEK_END)
        self._begin = self._log.tell()
        self._process = subprocess.Popen(
            self.command,
            cwd=self._cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            start_new_session=True,
        )
        return self

    def start(self) -> Self:
        """Start the process and wait until it answers /healthz. It may be started again once it has ended."""
        self.launch()
        try:
            wait_until(
                self._is_healthy, START_TIMEOUT_S, lambda: f"the server is not ready; it said:\n{self.output}"
            )
        except BaseException:
            self.kill()
            raise
        return self

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def output(self) -> str:
        """What it printed since it was last started, both streams in order."""
        end = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), end - self._begin, self._begin).decode(errors="replace")

    @property
    def url(self) -> str:
        """The address it listens on, like http://127.0.0.1:49152, as it printed it."""
        found = re.search(r"http://[^\s/]+:\d+", self.output)
        assert found, f"no address in:\n{self.output}"
        return found[0]

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def descendants(self) -> list[int]:
        """Every process below this one, PostgreSQL's included."""
        return descendants(self.pid)

    def signal(self, signum: signal.Signals) -> None:
        self._running().send_signal(signum)

    def wait(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Wait for its end and return the exit code."""
        try:
            return self._running().wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout_s} s; it said:\n{self.output}") from None

    def terminate(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Ask it to end (SIGTERM), wait, and return the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def kill(self) -> None:
        """End it with SIGKILL, wait until everything it started has ended too."""
        below = self.descendants() if self._running().poll() is None else []
        self._running().kill()
        self._running().wait()
        wait_until_gone(below)

    def __enter__(self) -> Self:
        if self._process is not None:
            return self
        try:
            return self.start()
        except BaseException:
            self._log.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._process is not None and self._process.poll() is None:
                self.terminate()
        except AssertionError:
            self.kill()
            raise
        finally:
            self._log.close()
            if self._data_dir is not None:  # a killed server leaves the socket's directory to its next start
                DataDir(self._data_dir).remove_socket_dir()

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "the server was not started"
        return self._process

    def _is_healthy(self) -> bool:
        code = self._running().poll()
        assert code is None, f"the server ended with {code}; it said:\n{self.output}"
        return "http://" in self.output and is_healthy(self.url)


def clean_environment() -> dict[str, str]:
    """The environment without anything that configures a server, and with a secret that all servers share."""
    ours = ("FOURFOLD_", "PG", "DATABASE_URL", "COV_CORE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"FOURFOLD_SECRET": SECRET, "PYTHONUNBUFFERED": "1"}


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def wait_until(condition: Callable[[], bool], timeout_s: float, otherwise: Callable[[], str] | str) -> None:
    """Wait, looking often, until the condition holds; fail with a reason when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(0.02)


def descendants(pid: int) -> list[int]:
    """Every living process below this one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(text) for text in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids: Sequence[int], timeout_s: float = STOP_TIMEOUT_S) -> None:
    """Wait until none of these processes runs any more."""
    wait_until(
        lambda: not any(map(is_alive, pids)),
        timeout_s,
        lambda: f"left behind: {[(pid, _command_line(pid)) for pid in pids if is_alive(pid)]}",
    )


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return "?"
