"""The chaos command itself: it tells its verdict however it is ended, and leaves nothing behind."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, clean_environment, descendants, wait_until, wait_until_gone

START_LIMIT_S = 60.0
END_LIMIT_S = 60.0


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A directory of its own for temporary files, into which PostgreSQL's account can look."""
    with tempfile.TemporaryDirectory(prefix="ff-", dir="/tmp") as path:
        Path(path).chmod(0o711)
        yield Path(path)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_an_early_end_leaves_nothing_behind(signum: signal.Signals, temporary: Path) -> None:
    log = temporary / "log"
    command = [sys.executable, "-m", "tests.faults.chaos", "--minutes", "5", "--seed", "1", "--processes", "2"]
    with log.open("wb") as file:
        chaos = subprocess.Popen(
            [*command, "--games", "5", "--report-every", "1"],
            cwd=ROOT,
            env=clean_environment() | {"TMPDIR": str(temporary)},
            stdout=file,
            stderr=file,
        )
    try:
        wait_until(lambda: "games checked" in log.read_text(), START_LIMIT_S, log.read_text)
        below = descendants(chaos.pid)
        chaos.send_signal(signum)
        code = chaos.wait(END_LIMIT_S)
    finally:
        chaos.kill()
    wait_until_gone(below)
    if signum is signal.SIGINT:
        assert "Verdict" in log.read_text()
        assert code == 0, log.read_text()
    wait_until(lambda: list(temporary.iterdir()) == [log], END_LIMIT_S, lambda: str(list(temporary.iterdir())))
