"""`fourfold verify`: is the log what it promises to be, and is it still what it was?"""

import math
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TextIO

from server.cli.audit.chain import NOTHING, Head, linked
from server.cli.audit.guards import missing_guards
from server.cli.audit.lines import NotAnEventError, place_in, read_line
from server.cli.audit.progress import Progress
from server.cli.audit.reading import Page, count_events, pages, snapshot
from server.cli.audit.streams import Finding, StreamChecks

_SHOWN: Final = 20
"""How many findings are listed one by one; damage to a log is rarely a single event."""


@dataclass(slots=True)
class Verdict:
    """What was found in a log."""

    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    turned_back: int = 0
    first_turned_back: int = 0
    head: Head = NOTHING


async def verify_log(url: str, noted: Sequence[Head], out: TextIO, screen: TextIO = sys.stderr) -> bool:
    """Examine the whole log, print what is wrong with it or that it is sound, and return whether it is.

    A log in which every `noted` head stands where it was noted is the same up to there, event by event.

    Raises:
        NoDatabaseError: the database cannot be used.
    """
    async with snapshot(url, "verify") as connection:
        verification = Verification(noted)
        with Progress("verified", await count_events(connection), screen) as progress:
            async for page in pages(connection):
                verification.examine(page)
                progress.add(len(page))
        verdict = verification.finish(await missing_guards(connection))
    out.writelines(line + "\n" for line in findings_of(verdict))
    out.write(f"{progress.rate()}, {verification.games:,} games\n")
    if not verdict.found:
        out.write(f"sound, and its head to be noted down is\n{verdict.head}\n")
    return not verdict.found


def findings_of(verdict: Verdict) -> list[str]:
    """Return a line for each finding, the first bad event first."""
    # An append is judged once it is complete, so its finding may come after one at the next position.
    lines = [line_of(finding) for finding in sorted(verdict.findings, key=lambda it: it.place or math.inf)]
    if verdict.found > len(lines):
        lines.append(f"… and {verdict.found - len(lines):,} findings more")
    if verdict.turned_back:
        lines.append(
            f"warning: the time of an event is before that of the event before it: {verdict.turned_back:,} times, "
            f"first at position {verdict.first_turned_back}"
        )
    return lines


def line_of(finding: Finding) -> str:
    """Say where a finding is, and what it is."""
    places = [
        f"position {finding.place}" if finding.place else "",
        f"game {finding.game}" if finding.game is not None else "",
        f"version {finding.version}" if finding.version is not None else "",
    ]
    where = ", ".join(filter(None, places)) or "log"
    return f"{where}: {finding.what}"


class Verification:
    """One passage through a log, page by page."""

    def __init__(self, noted: Sequence[Head] = ()) -> None:
        self.verdict = Verdict()
        self._checks = StreamChecks()
        self._noted = deque(sorted(noted, key=lambda head: head.position))
        self._matched: int | None = 0  # the last head that still stands; None after one that does not
        self._last_time = datetime.min.replace(tzinfo=UTC)

    @property
    def games(self) -> int:
        """How many games have passed by."""
        return self._checks.games

    def examine(self, page: Page) -> None:
        """Look at the next events."""
        for position, line in page:
            previous = self.verdict.head.position
            self._look_at(position, line, expected=previous + 1)
            self.verdict.head = linked(self.verdict.head, position, line)
            while self._noted and self._noted[0].position <= position:
                self._compare(self._noted.popleft())

    def finish(self, missing_guards: Iterable[str] = ()) -> Verdict:
        """Return the verdict, once no event follows; the guards are promises that the table does not keep."""
        self._add(self._checks.finish())
        for head in self._noted:
            self._compare(head)
        for guard in missing_guards:
            self._add([Finding(0, None, None, f"the table no longer sees to it that {guard}")])
        return self.verdict

    def _look_at(self, position: int, line: bytes, expected: int) -> None:
        if position != expected:
            what = f"position {expected} of the log is expected here"
            self._add([Finding(position, *place_in(line), what)])
        try:
            logged = read_line(line)
        except NotAnEventError as error:
            self._add(self._checks.check_unreadable(Finding(position, *place_in(line), str(error))))
            return
        self._add(self._checks.check(position, logged))
        if logged.recorded_at < self._last_time:
            self.verdict.turned_back += 1
            self.verdict.first_turned_back = self.verdict.first_turned_back or position
        self._last_time = logged.recorded_at

    def _compare(self, noted: Head) -> None:
        """Compare a head that was noted down with what the log is now; only the first difference says anything."""
        head = self.verdict.head
        if noted in (head, NOTHING):
            self._matched = noted.position
        elif self._matched is not None:
            what = f"the log ends here, but its head was noted at position {noted.position}"
            if head.position >= noted.position:
                what = (
                    f"something after position {self._matched} and up to position {noted.position} was changed, "
                    "removed or put in since its head was noted"
                )
            self._add([Finding(head.position, None, None, what)])
            self._matched = None

    def _add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.verdict.found += 1
            if len(self.verdict.findings) < _SHOWN:
                self.verdict.findings.append(finding)
