"""What the process tests share."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.process.compose import read_compose
from tests.processes import wait_until_gone


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    return read_compose()


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test ends all processes that it started, and removes their temporary files.

    A process belongs to a test if its environment, its arguments or its working directory show one of the test's
    two directories: a server has TMPDIR, and PostgreSQL works in its cluster.
    """
    with tempfile.TemporaryDirectory(prefix="ff", dir="/tmp") as place:  # short enough for sockets
        Path(place).chmod(0o711)  # PostgreSQL's socket is there, also when its account is another
        monkeypatch.setenv("TMPDIR", place)
        monkeypatch.setattr(tempfile, "tempdir", place)
        yield
        wait_until_gone(processes_of(place, str(tmp_path)))
        assert list(Path(place).iterdir()) == []


def processes_of(*directories: str) -> list[int]:
    """The processes, other than this one, that show one of these directories."""
    others = (entry for entry in Path("/proc").glob("[0-9]*") if entry.name != str(os.getpid()))
    marks = {int(entry.name): marks_of(entry) for entry in others}
    return [pid for pid, text in marks.items() if any(directory in text for directory in directories)]


def marks_of(entry: Path) -> str:
    try:
        marks = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        return marks.decode(errors="replace") + str((entry / "cwd").readlink())
    except OSError:  # ended, or somebody else's
        return ""
