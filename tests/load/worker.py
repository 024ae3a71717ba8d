"""One generator process: takes an assignment, plays, checks, and tells what it found.

It reads lines of JSON on its standard input (the assignment, `begin`, `end`), and writes lines of JSON to its
standard output (progress, the outcome). The end of its input is an `end` too: it does not outlive who started it.
"""

import asyncio
import contextlib
import random
import sys
from collections.abc import Coroutine
from typing import Any, Final

import msgspec
import uvloop

from tests.load.checks import Checks, Findings
from tests.load.figures import Figures, FiguresData, clock
from tests.load.host import Host
from tests.load.log import DatabaseLog, Log, ServedLog
from tests.load.options import Assignment
from tests.load.seating import Seating
from tests.load.table import Table

TELL_EVERY_S: Final = 0.5
LAG_EVERY_S: Final = 0.01
STORM_AT: Final = 0.1
"""When everybody is cut off in a `storm`, as a share of the measured time."""
MAX_UNCHECKED: Final = 20_000
"""How many games may wait to be checked before that is done in the middle of a run."""


class Progress(msgspec.Struct, tag="progress"):
    """How it goes."""

    phase: str
    counts: dict[str, int]
    breaches: int


class Outcome(msgspec.Struct, tag="outcome"):
    """What came of it."""

    figures: FiguresData
    findings: Findings
    seconds: float
    """How long was measured."""


Said = Progress | Outcome


class Worker:
    """What happens in the process."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._figures = Figures()
        self._phase = "connecting"
        self._begun = asyncio.Event()
        self._checks: Checks

    async def run(self, orders: "asyncio.StreamReader") -> Outcome:
        """Carry the assignment out."""
        options = self._assignment.options
        chance = random.Random(f"{options.seed} {self._assignment.number}")
        async with Host(self._assignment.urls, chance) as host, asyncio.TaskGroup() as tasks:
            url = self._assignment.database_url
            log: Log = DatabaseLog(url) if url else ServedLog(host)
            self._checks = Checks(log, host, options.states)
            helpers = [tasks.create_task(work) for work in (self._tell(), self._watch_the_clock())]
            seating = Seating(
                self._assignment, tasks, host=host, checks=self._checks, figures=self._figures, chance=chance
            )
            table = Table(seating)
            ended = asyncio.Event()
            helpers += [tasks.create_task(table.run()), tasks.create_task(self._obey(orders, ended))]
            seconds = 0.0
            if await _unless(ended, table.seat()):
                self._enter("ready")
                await self._begun.wait()
                seconds = await self._measure(seating, ended)
                self._enter("settling")
                await table.stop()
                self._enter("checking")
                await self._checks.check()
            for helper in helpers:
                helper.cancel()
            seating.leave()
        return Outcome(self._figures.data(), self._checks.findings(), seconds)

    async def _obey(self, orders: "asyncio.StreamReader", ended: asyncio.Event) -> None:
        """Read orders as they come, whatever is going on; who gives none any more has ended."""
        while await orders.readline() == b"begin\n":
            self._begun.set()
        self._begun.set()
        ended.set()

    async def _measure(self, seating: Seating, ended: asyncio.Event) -> float:
        options = self._assignment.options
        self._enter("warming up")
        await _wait(ended, options.warm_up_s)
        self._figures.begin()
        self._enter("measuring")
        began = clock()
        dropping = asyncio.create_task(self._drop_everybody(seating)) if options.scenario == "storm" else None
        while not ended.is_set() and (left := began + options.seconds - clock()) > 0:
            await _wait(ended, min(left, 1.0))
            if self._checks.waiting > MAX_UNCHECKED:
                await self._checks.check()
        if dropping is not None:
            dropping.cancel()
        self._figures.end()
        return clock() - began

    async def _drop_everybody(self, seating: Seating) -> None:
        """Cut all connections at once, early enough for all to come back before a server is killed."""
        await asyncio.sleep(STORM_AT * self._assignment.options.seconds)
        for client in seating.clients:
            client.drop()

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._say()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            self._say()

    def _say(self) -> None:
        _write(Progress(self._phase, dict(self._figures.counts), self._checks.breach_count))

    async def _watch_the_clock(self) -> None:
        """Measure how late the event loop runs what is due."""
        while True:
            due = clock() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._figures.took("lag", max(0.0, clock() - due))


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for an event, but not for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()


async def _unless(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do what may take long, and leave it when the event comes first; return whether it was done."""
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        return working.done() and working.result() is None
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)


def _write(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


async def _work() -> None:
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    assignment = msgspec.json.decode(await orders.readline(), type=Assignment)
    _write(await Worker(assignment).run(orders))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_work())
