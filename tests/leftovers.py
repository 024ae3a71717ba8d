"""A pytest plugin: a run that leaves a descriptor, a process or a file behind has failed, whatever its tests say.

A descriptor that is never closed goes unnoticed until somebody has only the usual 1,024 of them; a server that is
never stopped, until the next run finds its port taken.
"""

import gc
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.processes import descendants, is_alive

GRACE_S: Final = 5.0
"""How long processes that were told to end may take to be gone."""

_VARIABLE: Final = "RUN_OF_TESTS"
"""Which run a process belongs to. No name that configures a server, so it reaches all of them."""

_RUN: Final = pytest.StashKey["Run"]()


class Run:
    """What was open before a run, and the directory for its temporary files."""

    def __init__(self) -> None:
        self._elsewhere = tempfile.gettempdir()
        self.directory = Path(tempfile.mkdtemp(prefix="ff-", dir="/tmp"))  # short: sockets lie below it
        self.directory.chmod(0o711)  # PostgreSQL may run as another account
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", self._elsewhere)  # `tmp_path` is kept, to be looked at
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.directory)
        os.environ[_VARIABLE] = self.directory.name
        self._descriptors: Counter[str] = Counter()

    def begin(self) -> None:
        """Note what is open."""
        self._descriptors = Counter(_descriptors())

    def end(self) -> list[str]:
        """Return what was left behind, in words, and remove the directory."""
        gc.collect()
        left = [f"descriptor: {what}" for what in (Counter(_descriptors()) - self._descriptors).elements()]
        deadline = time.monotonic() + GRACE_S
        while (processes := list(self._processes())) and time.monotonic() < deadline:
            time.sleep(0.05)
        left += [f"process: {process}" for process in processes]
        left += [f"in the temporary directory: {path.name}" for path in self.directory.iterdir()]
        shutil.rmtree(self.directory, ignore_errors=True)
        tempfile.tempdir = self._elsewhere
        return left

    def _processes(self) -> Iterator[str]:
        ours = {*descendants(os.getpid()), *self._orphans()}
        for pid in ours:
            if is_alive(pid):
                yield f"{pid} {_read(pid, 'cmdline').replace(chr(0), ' ')}"

    def _orphans(self) -> Iterator[int]:
        """Yield processes that were started in this run, or work in its directory, and lost their parent."""
        mark = f"{_VARIABLE}={self.directory.name}"
        for process in Path("/proc").glob("[0-9]*"):
            pid = int(process.name)
            if pid != os.getpid() and (mark in _read(pid, "environ").split("\0") or self._is_at_work_here(process)):
                yield pid

    def _is_at_work_here(self, process: Path) -> bool:
        try:
            return (process / "cwd").readlink().is_relative_to(self.directory)
        except OSError:
            return False


def pytest_configure(config: pytest.Config) -> None:
    """Give the run its directory before anything is imported that might use it."""
    config.stash[_RUN] = Run()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Note what is open now that pytest itself has all that it needs."""
    session.config.stash[_RUN].begin()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if it left anything behind: all fixtures are gone by now."""
    left = session.config.stash[_RUN].end()
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_sep("=", "this run left something behind", red=True)
            for line in left:
                reporter.write_line(line)


def _descriptors() -> Iterator[str]:
    """Yield what each open descriptor of this process refers to."""
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 - as cheap as can be, and it is open meanwhile
        try:
            yield str(Path(f"/proc/self/fd/{number}").readlink())
        except FileNotFoundError:
            continue  # the one with which they are listed


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
