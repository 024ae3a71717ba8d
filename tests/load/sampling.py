"""What processes take while a scenario runs: CPU and memory, once a second."""

import asyncio
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import psutil

from tests.load.report import Resources

EVERY_S: Final = 1.0
LAG_METRIC: Final = "fourfold_event_loop_lag_seconds"

MIB: Final = 2**20


@dataclass(slots=True)
class _Group:
    """A process and those below it, or several."""

    pids: Callable[[], Sequence[int]]
    cpu_s: dict[int, float] = field(default_factory=dict)
    shares: list[float] = field(default_factory=list)
    rss: list[float] = field(default_factory=list)

    def look(self) -> float:
        """Return the CPU time since the last look, in seconds; note the memory."""
        used, rss = 0.0, 0
        for pid in self.pids():
            try:
                process = psutil.Process(pid)
                times, memory = process.cpu_times(), process.memory_info()
            except psutil.NoSuchProcess:
                continue
            now = times.user + times.system
            used += max(0.0, now - self.cpu_s.get(pid, now))
            self.cpu_s[pid] = now
            rss += memory.rss
        self.rss.append(rss / MIB)
        return used


class Sampler:
    """Looks at groups of processes, and at what servers tell of themselves, until it is stopped."""

    def __init__(self, groups: Mapping[str, Callable[[], Sequence[int]]], urls: Sequence[str]) -> None:
        self._groups = {name: _Group(pids) for name, pids in groups.items()}
        self._urls = urls
        self.lags_s: list[float] = []
        """How late the servers' event loops ran at most, in each second."""

    async def run(self) -> None:
        """Sample until cancelled."""
        for group in self._groups.values():
            group.look()
            group.rss.clear()
        looked_at = time.perf_counter()
        while True:
            await asyncio.sleep(EVERY_S)
            now = time.perf_counter()
            for group in self._groups.values():
                group.shares.append(group.look() / (now - looked_at))
            looked_at = now
            for url in self._urls:
                if (lag := (await asyncio.to_thread(metrics_of, url)).get(LAG_METRIC)) is not None:
                    self.lags_s.append(lag)

    def resources(self) -> dict[str, Resources]:
        """Return what each group took; those never seen are left out."""
        return {
            name: Resources(
                cpu=sum(group.shares) / len(group.shares),
                cpu_max=max(group.shares),
                rss_mb_first=group.rss[0],
                rss_mb_last=group.rss[-1],
                rss_mb_max=max(group.rss),
            )
            for name, group in self._groups.items()
            if group.shares and group.rss
        }


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def memory_mb(pid: int) -> float:
    """Return the memory of a process, in MiB."""
    try:
        return float(psutil.Process(pid).memory_info().rss) / MIB
    except psutil.NoSuchProcess:
        return 0.0


def metrics_of(url: str) -> dict[str, float]:
    """Return what a server tells at /metrics; nothing if it tells nothing."""
    try:
        with urllib.request.urlopen(url + "/metrics", timeout=2) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return {}
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}
