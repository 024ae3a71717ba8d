"""The command of the load tests."""

import argparse
import asyncio
import signal
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
import uvloop

from tests.load.arguments import check, command_line, options_of, parser
from tests.load.compare import compare
from tests.load.find_max import find_max
from tests.load.html import as_html
from tests.load.options import Options
from tests.load.report import Report, ReportError, read_report, write_report
from tests.load.running import Run, RunError
from tests.load.target import OURS, Target, TargetError, existing, running
from tests.load.text import as_text

BROKEN, IMPOSSIBLE, INVALID = 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run a scenario, print its report, and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    whole = parser()
    arguments = whole.parse_args(argv)
    try:
        if arguments.command == "compare":
            print(compare(read_report(arguments.before), read_report(arguments.after)))
            return 0
        if wrong := check(arguments):
            whole.error(wrong)
        report = Session(arguments, command_line(argv)).run()
    except (ReportError, TargetError, RunError) as error:
        sys.stderr.write(f"{error}\n")
        return IMPOSSIBLE
    _write(report, arguments)
    print(as_text(report))
    if report.missed or not report.verdict.is_passed:
        return BROKEN
    return 0 if report.is_valid else INVALID


@dataclass(slots=True)
class Session:
    """What one call of the command does: rounds, references beside them, the report of the median round."""

    arguments: argparse.Namespace
    command: str
    _run: Run | None = None
    _is_interrupted: bool = False
    _rounds: dict[str, list[Report]] = field(default_factory=dict)

    def run(self) -> Report:
        """Run everything, and return the report."""
        kinds = [self.arguments.server]
        kinds += ["ceiling"] if self.arguments.ceiling else []
        kinds += ["per_move"] if self.arguments.per_move else []
        for _ in range(self.arguments.rounds):
            for kind in kinds:  # in turns, so that a noisy minute hits all of them
                if not self._is_interrupted:
                    with self._target(kind) as target:
                        report = uvloop.run(self._once(target))
                    self._rounds.setdefault(kind, []).append(report)
        return self._with_references(_median(self._rounds[kinds[0]]), kinds[0])

    @contextmanager
    def _target(self, kind: str) -> Iterator[Target]:
        asked = self.arguments
        if asked.url and kind == OURS:
            yield existing(asked.url, asked.database_url, is_far_allowed=asked.allow_remote)
            return
        self._tell(f"starting {kind}")
        with running(kind, asked.workers) as target:
            yield target

    async def _once(self, target: Target) -> Report:
        options = options_of(self.arguments, has_rules=target.has_rules)
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self._interrupt)
        if self.arguments.find_max and target.has_rules:
            report = await find_max(options, self.arguments.slo, lambda at: self._measured(at, target), self._tell)
        else:
            report = await self._measured(options, target)
        missed = [missed for asked in self.arguments.asserted if (missed := asked.missed_by(report)) is not None]
        return msgspec.structs.replace(report, missed=[*report.missed, *missed])

    async def _measured(self, options: Options, target: Target) -> Report:
        self._run = Run(options, target, self.arguments.generators, self._tell)
        if self._is_interrupted:
            self._run.stop()
        return await self._run.report(self.command)

    def _interrupt(self) -> None:
        """End in order, with a report; when asked a second time, at once."""
        if self._is_interrupted:
            raise SystemExit(130)
        self._is_interrupted = True
        if self._run is not None:
            self._run.stop()

    def _tell(self, line: str) -> None:
        if not self.arguments.quiet:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    def _with_references(self, report: Report, ours: str) -> Report:
        """Say what else was measured, and our share of it; medians where there were several rounds."""
        reference: dict[str, float] = {}
        moves = _moves(self._rounds[ours])
        if len(self._rounds[ours]) > 1:
            reference["moves/s, median of rounds"] = round(moves, 1)
        for kind, reports in self._rounds.items():
            if kind != ours and _moves(reports):
                reference[f"{kind} moves/s"] = round(_moves(reports), 1)
                what = "share of the ceiling" if kind == "ceiling" else f"times {kind}"
                reference[what] = round(moves / _moves(reports), 3)
        return msgspec.structs.replace(report, reference={**report.reference, **reference})


def _moves(reports: Sequence[Report]) -> float:
    return statistics.median(report.rates.get("moves", 0.0) for report in reports)


def _median(reports: Sequence[Report]) -> Report:
    """Return the round in the middle by moves; one that broke a promise or missed an assertion comes first."""
    for report in reports:
        if report.missed or not report.verdict.is_passed:
            return report
    return sorted(reports, key=lambda report: report.rates.get("moves", 0.0))[(len(reports) - 1) // 2]


def _write(report: Report, arguments: argparse.Namespace) -> None:
    if arguments.json:
        write_report(report, arguments.json)
    if arguments.html:
        arguments.html.write_text(as_html(report), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
