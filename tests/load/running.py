"""A run from its start to its report: generator processes, what happens to the servers, samples, the verdict."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from tests.bench.measuring import machine
from tests.load.checks import Findings, merged_findings
from tests.load.figures import FiguresData, histogram_of, latency, merged
from tests.load.generators import Generators
from tests.load.options import Assignment, Options
from tests.load.report import Report, Verdict
from tests.load.sampling import Sampler, family, memory_mb, metrics_of
from tests.load.target import Target

KILL_EVERY_S: Final = 5.0
MAX_GENERATOR_CPU: Final = 0.95
MAX_GENERATOR_LAG_MS: Final = 20.0

_BUSY: Final = (
    "the load generator had no CPU to spare ({cpu:.0%} of a core), so it may be what was measured: use --generators"
)
_LATE: Final = "the load generator ran late itself (p99 {lag:.0f} ms), so latencies are not the server's"


class Run:
    """One run of a scenario against a target. `stop` ends it early, with a report all the same."""

    def __init__(
        self, options: Options, target: Target, generators: int, tell: Callable[[str], None] = lambda _line: None
    ) -> None:
        self._options = options
        self._target = target
        self._tell = tell
        self._generators = Generators([self._assignment(number, generators) for number in range(generators)], tell)

    def stop(self) -> None:
        """Measure no more; settle, check and report what there is."""
        self._generators.end()

    async def report(self, command: str) -> Report:
        """Run, and return what came of it.

        Raises:
            RunError: a generator process failed.
        """
        began_at = datetime.now(UTC).isoformat(timespec="seconds")
        reads = self._reads()
        empty_mb = self._server_mb()
        async with self._generators.running():
            await self._generators.reached("ready")
            full_mb = self._server_mb()
            self._generators.begin()
            await self._generators.reached("measuring")
            async with self._sampling() as sampler, self._mischief():
                await self._generators.reached("settling")
            await self._generators.reached("done")
        outcomes = self._generators.outcomes
        figures = merged(outcome.figures for outcome in outcomes)
        figures.counts["reads of games"] = sum(
            now - reads[url] if now >= reads[url] else now  # less than before: it was started anew meanwhile
            for url, now in self._reads().items()
        )
        findings = merged_findings(outcome.findings for outcome in outcomes)
        seconds = max(outcome.seconds for outcome in outcomes)
        report = self._made(command, began_at, seconds, figures=figures, findings=findings, sampler=sampler)
        connections = report.latencies["connect"].n if "connect" in report.latencies else 0
        if self._target.is_ours and connections:
            each = (full_mb - empty_mb) * 1024 / connections
            report.reference["KiB of server memory for each connection"] = round(each, 1)
        return report

    def _made(
        self,
        command: str,
        began_at: str,
        seconds: float,
        *,
        figures: FiguresData,
        findings: Findings,
        sampler: Sampler,
    ) -> Report:
        latencies = {name: latency(encoded) for name, encoded in figures.histograms.items()}
        lag = {"generator": latencies.pop("lag")}
        if sampler.lags_s:
            lag["server"] = latency(histogram_of(int(lag_s * 1e6) for lag_s in sampler.lags_s))
        report = Report(
            scenario=self._options.scenario,
            command=command,
            options=msgspec.to_builtins(self._options),
            machine=machine(),
            began_at=began_at,
            seconds=seconds,
            verdict=Verdict(
                breach_count=findings.breach_count, checked=findings.checked, breaches=findings.breaches
            ),
            invalid_because=[],
            missed=[],
            counts=figures.counts,
            rates=_rates(figures, seconds),
            latencies={name: taken for name, taken in latencies.items() if taken.n},
            lag=lag,
            timeline=figures.timeline,
            resources=sampler.resources(),
            reference={},
        )
        report.invalid_because.extend(self._doubts(report))
        return report

    def _doubts(self, report: Report) -> list[str]:
        """Return why the figures might say nothing about the server."""
        found = []
        for name, taken in report.resources.items():
            if name.startswith("generator") and taken.cpu > MAX_GENERATOR_CPU:
                found.append(_BUSY.format(cpu=taken.cpu))
        if self._options.rate is not None and (late := report.lag["generator"].p99_ms) > MAX_GENERATOR_LAG_MS:
            found.append(_LATE.format(lag=late))
        if not report.counts.get("moves"):
            found.append("no move was accepted while it was measured")
        if self._target.has_rules and not report.verdict.checked.get("games"):
            found.append("no game was checked")
        return found

    def _assignment(self, number: int, parts: int) -> Assignment:
        """Return the share of one generator process: whole games, and its part of the moves that are due."""
        options = self._options
        share = msgspec.structs.replace(
            options,
            games=options.games // parts + (number < options.games % parts),
            mute=options.mute // parts + (number < options.mute % parts),
            states=options.states // parts + 1,
            rate=None if options.rate is None else options.rate / parts,
        )
        return Assignment(
            options=share, number=number, urls=self._target.urls, database_url=self._target.database_url
        )

    @asynccontextmanager
    async def _sampling(self) -> AsyncIterator[Sampler]:
        groups: dict[str, Callable[[], Sequence[int]]] = {}
        for number in range(len(self._target.server_pids)):
            groups[f"server {number + 1}"] = partial(self._server, number)
        if (postgres := self._target.postgres_pid) is not None:
            groups["database"] = partial(family, postgres)
        for number, pid in enumerate(self._generators.pids):
            groups[f"generator {number + 1}"] = partial(family, pid)
        sampler = Sampler(groups, self._target.urls if self._target.has_rules else [])
        task = asyncio.create_task(sampler.run())
        try:
            yield sampler
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _server(self, number: int) -> list[int]:
        """Return the processes of a server: other ones after it was killed and started again."""
        return family(self._target.server_pids[number])

    @asynccontextmanager
    async def _mischief(self) -> AsyncIterator[None]:
        """Do to the servers what the scenario asks for."""
        work = {"chaos": self._kill_now_and_then, "storm": self._kill_once}.get(self._options.scenario)
        if work is None or not self._target.is_ours or not self._target.has_rules:
            yield
            return
        task = asyncio.create_task(work())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _kill_now_and_then(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(KILL_EVERY_S)
            self._tell(f"killing server {number % len(self._target.urls) + 1}")
            await self._target.kill(number)
            number += 1

    async def _kill_once(self) -> None:
        await asyncio.sleep(self._options.seconds * 0.6)
        self._tell("killing server 1")
        await self._target.kill(0)

    def _server_mb(self) -> float:
        return sum(memory_mb(pid) for pid in self._target.server_pids)

    def _reads(self) -> dict[str, int]:
        return {url: int(metrics_of(url).get("fourfold_game_reads_total", 0)) for url in self._target.urls}


def _rates(figures: FiguresData, seconds: float) -> dict[str, float]:
    counts = figures.counts
    rates = {name: round(counts.get(name, 0) / seconds, 1) for name in ("moves", "events") if seconds}
    if figures.fan_out_s:
        rates["deliveries while fanning out"] = round(counts.get("deliveries", 0) / figures.fan_out_s, 1)
    return rates
