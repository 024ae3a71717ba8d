"""What is wrong here, and how to fix it: one line for each thing that a server needs."""

import os
from collections.abc import Iterator
from typing import Final, TextIO

from server.cli.doctor.database import database_findings
from server.cli.doctor.findings import Finding
from server.cli.doctor.machine import machine_findings
from server.settings.settings import Settings

_COLOURS: Final = {"ok": "\x1b[32m", "warn": "\x1b[33m", "fail": "\x1b[31m"}


def examine(settings: Settings, out: TextIO) -> int:
    """Print a line for each finding, and return 1 if a server could not run with these settings, else 0."""
    in_colour = out.isatty() and "NO_COLOR" not in os.environ
    failed = False
    for finding in findings(settings):
        failed = failed or finding.verdict == "fail"
        colour, plain = (_COLOURS[finding.verdict], "\x1b[0m") if in_colour else ("", "")
        out.write(f"{colour}{finding.verdict:<4}{plain}  {finding.what}\n")
        if finding.remedy:
            out.write(f"      → {finding.remedy}\n")
    return int(failed)


def findings(settings: Settings) -> Iterator[Finding]:
    """Examine this machine, then the database, and change neither."""
    yield from machine_findings(settings)
    yield from database_findings(settings)
