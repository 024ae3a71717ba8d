"""What one call of the command does: rounds against our server and against what it is compared with, one report."""

import argparse
import asyncio
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import msgspec
import uvloop

from tests.load.arguments import options_of
from tests.load.find_max import find_max
from tests.load.generators import RunError
from tests.load.open_files import allow_open_files
from tests.load.options import Options
from tests.load.report import Report
from tests.load.running import Run
from tests.load.target import OURS, Target, existing, running

BOARDGAME: Final = "boardgame.io"
DELIVERIES: Final = "deliveries while fanning out"


@dataclass(slots=True)
class Session:
    """Rounds in turns, so that a noisy minute hits all that is compared."""

    arguments: argparse.Namespace
    command: str
    _run: Run | None = None
    _work: "asyncio.Task[Report] | None" = None
    _is_interrupted: bool = False
    _rounds: dict[str, list[Report]] = field(default_factory=dict)
    _boardgame: list[float] = field(default_factory=list)

    def run(self) -> Report:
        """Run everything, and return the report: of the median round, if there were several.

        Raises:
            TargetError, RunError: it could not be run.
        """
        asked = self.arguments
        allow_open_files(options_of(asked), asked.generators)
        kinds = [asked.server, *(["ceiling"] if asked.ceiling else []), *(["per_move"] if asked.per_move else [])]
        for _ in range(asked.rounds):
            for kind in kinds:
                self._round(kind)
            if asked.boardgame and not self._is_interrupted:
                self._boardgame.append(self._play_boardgame())
        report = self._with_references(_median(self._rounds[asked.server]))
        missed = [missed for assertion in asked.asserted if (missed := assertion.missed_by(report)) is not None]
        return msgspec.structs.replace(report, missed=[*report.missed, *missed])

    def _round(self, kind: str) -> None:
        if not self._is_interrupted:
            with self._target(kind) as target:
                self._rounds.setdefault(kind, []).append(uvloop.run(self._once(target)))

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
        self._work = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self._interrupt)
        if self.arguments.find_max and target.has_rules:
            return await find_max(
                options,
                self.arguments.slo,
                lambda at: self._measured(at, target),
                self._tell,
                lambda: self._is_interrupted,
            )
        return await self._measured(options, target)

    async def _measured(self, options: Options, target: Target) -> Report:
        self._run = Run(options, target, self.arguments.generators, self._tell)
        if self._is_interrupted:
            self._run.stop()
        return await self._run.report(self.command)

    def _interrupt(self) -> None:
        """End in order, with a report; when asked a second time, at once."""
        if self._is_interrupted and self._work is not None:
            self._work.cancel()
        self._is_interrupted = True
        if self._run is not None:
            self._run.stop()

    def _tell(self, line: str) -> None:
        if not self.arguments.quiet:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    def _play_boardgame(self) -> float:
        """Return how many moves a second boardgame.io's own server accepts, driven by a client of its own kind."""
        asked = self.arguments
        self._tell("playing against boardgame.io")
        command = [sys.executable, "-m", "tests.load.references", "boardgame"]
        sizes = ["--games", str(asked.games), "--seconds", str(asked.seconds), "--warm-up", str(asked.warm_up)]
        played = subprocess.run([*command, *sizes], stdout=subprocess.PIPE, check=False)
        if played.returncode:
            raise RunError("boardgame.io could not be measured; why stands above")
        told: dict[str, float] = msgspec.json.decode(played.stdout)
        return told["moves_per_s"]

    def _with_references(self, report: Report) -> Report:
        """Say what else was measured, and our share of it; medians where there were several rounds."""
        rate = DELIVERIES if self.arguments.command == "hot" else "moves"
        ours = _rate(self._rounds[self.arguments.server], rate)
        reference: dict[str, float] = {}
        if self.arguments.rounds > 1:
            reference[f"{rate}/s, median of rounds"] = round(ours, 1)
        others = {kind: _rate(reports, rate) for kind, reports in self._rounds.items()}
        others |= {BOARDGAME: statistics.median(self._boardgame)} if self._boardgame else {}
        for kind, theirs in others.items():
            if kind != self.arguments.server and theirs:
                reference[f"{kind} {rate}/s"] = round(theirs, 1)
                share = "share of the ceiling" if kind == "ceiling" else f"times {kind}"
                reference[share] = round(ours / theirs, 3)
        return msgspec.structs.replace(report, reference={**report.reference, **reference})


def _rate(reports: Sequence[Report], name: str) -> float:
    return statistics.median(report.rates.get(name, 0.0) for report in reports)


def _median(reports: Sequence[Report]) -> Report:
    """Return the round in the middle by moves; one that broke a promise comes first."""
    for report in reports:
        if not report.verdict.is_passed:
            return report
    return sorted(reports, key=lambda report: report.rates.get("moves", 0.0))[(len(reports) - 1) // 2]
