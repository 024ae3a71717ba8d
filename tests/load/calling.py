"""The command of the load tests as somebody calls it, in a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.load.__main__ import INVALID
from tests.load.report import Report, read_report
from tests.processes import ROOT, clean_environment

COMMAND = (sys.executable, "-m", "tests.load")
SHORT = ("--warm-up", "200ms")
TIME_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Called:
    """How a call ended. Its report is read only when asked for: a call that could not run has none."""

    code: int
    output: str
    errors: str
    json: Path

    @property
    def report(self) -> Report:
        return read_report(self.json)

    def assert_kept(self) -> Report:
        """Return the report of a run in which games were checked, and no promise was broken.

        Its figures may be invalid: that says how busy this machine was with other things, not that anything failed.
        """
        assert self.code in (0, INVALID), f"{self.output}\n{self.errors}"
        report = self.report
        assert report.verdict.is_passed
        assert not report.missed
        assert report.verdict.checked["games"] > 0
        assert report.verdict.checked["observers"] > 0
        assert report.verdict.checked["commands"] > 0
        return report


def call(directory: Path, *arguments: str, open_files: tuple[int, int] | None = None) -> Called:
    """Call the command, and return once it has ended; its report goes into `directory`."""
    process = launch(directory, *arguments, "--quiet", open_files=open_files)
    try:
        output, errors = process.communicate(timeout=TIME_LIMIT_S)
    except BaseException:
        process.terminate()
        process.communicate()
        raise
    return Called(process.returncode, output, errors, report_in(directory))


def launch(directory: Path, *arguments: str, open_files: tuple[int, int] | None = None) -> "subprocess.Popen[str]":
    """Start the command, with a soft and a hard limit of open files if they are given, and do not wait for it."""
    limit = f"ulimit -Sn {open_files[0]}; ulimit -Hn {open_files[1]}; " if open_files else ""
    return subprocess.Popen(
        ["sh", "-c", f'{limit}exec "$@"', "sh", *COMMAND, *arguments, "--json", str(report_in(directory))],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def report_in(directory: Path) -> Path:
    return directory / "report.json"
