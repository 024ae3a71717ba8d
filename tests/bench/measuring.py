"""How figures are taken: a closed loop of so many clients, for so long, over and over; the median counts."""

import asyncio
import platform
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

Client = Callable[[int, int], Awaitable[int]]
"""Does one unit of work as client `number` for the `turn`-th time; returns how many things it did."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Things done in a second, and how long one took."""

    per_s: float
    p50_ms: float
    p99_ms: float


async def measure(client: Client, clients: int, seconds: float) -> Figure:
    """Have `clients` work at once, each one thing after the other, for `seconds`."""
    latencies: list[float] = []
    done = 0
    begin = time.perf_counter()
    end = begin + seconds

    async def work(number: int) -> None:
        nonlocal done
        turn = 0
        while (started := time.perf_counter()) < end:
            count = await client(number, turn)
            done += count  # not in one statement with the await: others add meanwhile
            latencies.append(time.perf_counter() - started)
            turn += 1

    await asyncio.gather(*(work(number) for number in range(clients)))
    elapsed = time.perf_counter() - begin
    latencies.sort()
    p99 = latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))]
    return Figure(done / elapsed, latencies[len(latencies) // 2] * 1000, p99 * 1000)


def median(figures: list[Figure]) -> Figure:
    """Return the medians of each figure on its own."""
    return Figure(
        statistics.median(figure.per_s for figure in figures),
        statistics.median(figure.p50_ms for figure in figures),
        statistics.median(figure.p99_ms for figure in figures),
    )


def machine() -> str:
    """Say what the figures were taken on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    cores = Path("/proc/cpuinfo").read_text(encoding="utf-8").count("processor\t")
    return f"{cpu}, {cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
