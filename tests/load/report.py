"""What a run found out, in the shape in which it is written to a file and read again.

Times are in milliseconds, memory in MiB, rates per second; CPU is the share of one core (1.0 is a whole core).
"""

from pathlib import Path
from typing import Final

import msgspec

FORMAT: Final = 1


class ReportError(ValueError):
    """A file is not a report of ours; the message says what is wrong with it."""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, measured `n` times. `encoded` is the HdrHistogram, in microseconds (V2, base64)."""

    n: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    encoded: str


class Breach(msgspec.Struct, frozen=True):
    """A promise that was broken: in which game, how it shows, and the few lines that lead up to it."""

    promise: str
    game: str
    what: str
    trace: list[str] = []


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the server kept its promises. `checked` counts what was looked at; `breaches` are the first ones."""

    breach_count: int
    checked: dict[str, int]
    breaches: list[Breach]

    @property
    def is_passed(self) -> bool:
        """Whether nothing was found wrong."""
        return self.breach_count == 0


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """What processes took: a server, the database, the load generator. Sampled once a second."""

    cpu: float
    cpu_max: float
    rss_mb_first: float
    rss_mb_last: float
    rss_mb_max: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `counts` are totals, `rates` per second; `timeline` has the counts of each second from the start."""

    format: int = FORMAT
    scenario: str
    command: str
    """The command line that repeats it."""
    options: dict[str, str | int | float | bool | None]
    machine: str
    began_at: str
    """ISO 8601, UTC."""
    seconds: float
    """How long was measured; setting up and checking come on top."""
    verdict: Verdict
    invalid_because: list[str]
    """Why the figures say nothing about the server; empty if they do."""
    missed: list[str]
    """What `--assert` asked for and did not get, each with what came instead."""
    counts: dict[str, int]
    rates: dict[str, float]
    latencies: dict[str, Latency]
    lag: dict[str, Latency]
    """How late the event loops ran: `generator`, and `server` where it tells."""
    timeline: list[dict[str, int]]
    resources: dict[str, Resources]
    """By process: `server 1`, …, `database`, `generator 1`, …"""
    reference: dict[str, float] = {}
    """What else was measured in the same run, and our share of it: `ceiling moves/s`, `share of the ceiling`, …"""

    @property
    def is_valid(self) -> bool:
        """Whether the figures say something about the server."""
        return not self.invalid_because


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON, readable by people too."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def read_report(path: Path) -> Report:
    """Read a report.

    Raises:
        ReportError: the file can't be read, or is no report.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        raise ReportError(f"{path} can't be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise ReportError(f"{path} is no report of python -m tests.load: {error}.") from error
