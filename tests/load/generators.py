"""The generator processes of a run, as seen from outside: started, told what to do, listened to, and ended."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import msgspec

from tests.load.options import Assignment
from tests.load.worker import Outcome, Progress, Said

LINE_LIMIT: Final = 2**28

PHASES: Final = (
    "starting", "connecting", "ready", "warming up", "measuring", "settling", "checking", "done",
)  # fmt: skip


class RunError(Exception):
    """A run broke off; the message says why."""


@dataclass(slots=True, eq=False)
class Generator:
    """A generator process, as seen from outside."""

    process: asyncio.subprocess.Process
    phase: str = "starting"
    counts: dict[str, int] = field(default_factory=dict)
    breaches: int = 0
    outcome: Outcome | None = None

    def order(self, line: bytes) -> None:
        """Tell it to go on."""
        if self.process.stdin is not None and self.process.returncode is None:
            self.process.stdin.write(line)


class Generators:
    """The generator processes of one run."""

    def __init__(self, assignments: Sequence[Assignment], tell: Callable[[str], None]) -> None:
        self._assignments = assignments
        self._tell = tell
        self._all: list[Generator] = []
        self._changed = asyncio.Event()
        self._is_ending = False

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [generator.process.pid for generator in self._all]

    @property
    def outcomes(self) -> list[Outcome]:
        """What came of those that are done."""
        return [generator.outcome for generator in self._all if generator.outcome is not None]

    def begin(self) -> None:
        """Have them play: all are ready."""
        for generator in self._all:
            generator.order(b"begin\n")

    def end(self) -> None:
        """Have them measure no more; they settle, check and tell."""
        self._is_ending = True
        for generator in self._all:
            generator.order(b"end\n")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have generator processes until the end of the block, and none after it."""
        listeners: list[asyncio.Task[None]] = []
        try:
            for assignment in self._assignments:
                generator = Generator(await _start())
                self._all.append(generator)
                generator.order(msgspec.json.encode(assignment) + b"\n")
                listeners.append(asyncio.create_task(self._listen(generator)))
            if self._is_ending:  # it was told before there was anybody to tell
                self.end()
            progress = asyncio.create_task(self._show())
            listeners.append(progress)
            yield
        finally:
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)
            for generator in self._all:
                with contextlib.suppress(ProcessLookupError):
                    generator.process.kill()
                await generator.process.wait()

    async def _listen(self, generator: Generator) -> None:
        assert generator.process.stdout is not None
        while line := await generator.process.stdout.readline():
            match msgspec.json.decode(line, type=Said):
                case Progress(phase, counts, breaches):
                    generator.phase, generator.counts, generator.breaches = phase, counts, breaches
                case Outcome() as outcome:
                    generator.outcome = outcome
                    generator.phase = "done"
            self._changed.set()
        generator.phase = "done"
        self._changed.set()

    async def reached(self, phase: str) -> None:
        """Wait until every generator has come to a phase, or beyond.

        Raises:
            RunError: one of them has ended without an outcome.
        """
        wanted = PHASES.index(phase)
        while any(PHASES.index(generator.phase) < wanted for generator in self._all):
            self._changed.clear()
            await self._changed.wait()
        for generator in self._all:
            if generator.phase == "done" and generator.outcome is None:
                raise RunError("a load generator process failed; what it said stands above")

    async def _show(self) -> None:
        """Tell how it goes, once a second."""
        before, seconds = 0, 0
        while True:
            await asyncio.sleep(1.0)
            seconds += 1
            moves = sum(generator.counts.get("moves", 0) for generator in self._all)
            breaches = sum(generator.breaches for generator in self._all)
            phase = min((generator.phase for generator in self._all), key=PHASES.index, default="starting")
            self._tell(f"{seconds:4} s  {phase:10}  {max(0, moves - before):6,} moves/s  {breaches} breaches")
            before = moves


async def _start() -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C is for the parent, which tells it what that means.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
        start_new_session=True,
    )
