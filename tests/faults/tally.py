"""What is counted during a run, and the verdict that comes of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tests.checking.checker import Violation
from tests.checking.journal import Command, Outcome
from tests.checking.messages import Accepted, Rejected

MAX_VIOLATIONS_KEPT: Final = 100


@dataclass(slots=True)
class Tally:
    """The figures of a run."""

    acknowledged: int = 0
    duplicates: int = 0
    refused: int = 0
    unknown: int = 0
    """How often a connection was lost before an answer."""
    settled: int = 0
    """How many commands were answered after all, having been unknown."""
    busy: int = 0
    events_seen: int = 0
    games_checked: int = 0
    events_checked: int = 0
    games_without_answer: int = 0
    """Attempts to open a game that were never answered: it may be there, but nobody knows its id."""
    faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    unexpected_ends: Counter[int] = field(default_factory=Counter)
    """Exit codes of servers that were neither killed nor ended in order: they started without Postgres, say."""
    largest_rss_kb: int = 0
    convergence_s: list[float] = field(default_factory=list)
    slowest_by_fault: dict[str, float] = field(default_factory=dict)
    idle_s_by_fault: dict[str, float] = field(default_factory=dict)
    """How long it took at most until every process accepted commands again."""
    violations: list[Violation] = field(default_factory=list)
    violation_count: int = 0

    def count(self, command: Command, answer: Accepted | Rejected) -> None:
        """Count the answer to a command; called before it is written down in the command."""
        is_new = command.outcome is Outcome.UNKNOWN
        self.settled += is_new and command.doubts > 0
        if isinstance(answer, Rejected):
            self.refused += is_new
        else:
            self.acknowledged += is_new
            self.duplicates += answer.duplicate

    def violation(self, promise: str, game: str, what: str) -> None:
        """Write down a broken promise; the first ones are kept in full."""
        self.violation_count += 1
        if len(self.violations) < MAX_VIOLATIONS_KEPT:
            self.violations.append(Violation(promise, game, what))

    def converged(self, fault: str, seconds: list[float]) -> None:
        """Count how long each observer took to see everything after a fault had ended."""
        self.convergence_s += seconds
        self.slowest_by_fault[fault] = max([self.slowest_by_fault.get(fault, 0.0), *seconds])

    def working_again(self, fault: str, seconds: float) -> None:
        """Count how long it took until every process accepted commands after a fault had ended."""
        self.idle_s_by_fault[fault] = max(self.idle_s_by_fault.get(fault, 0.0), seconds)

    def quantile(self, share: float) -> float:
        """Return the convergence time that a share of the observers stayed below."""
        times = sorted(self.convergence_s)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0

    def rows(self) -> list[tuple[str, str]]:
        """Return the verdict, line by line."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.faults.items())) or "none"
        kills = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kills.items())) or "none"
        times = " / ".join(f"{self.quantile(share):.2f}" for share in (0.5, 0.99, 1.0))
        return [
            ("kills", f"{self.kills.total()} ({kills})"),
            ("faults", f"{self.faults.total()} ({kinds})"),
            ("moves acknowledged", f"{self.acknowledged:,} ({self.duplicates:,} answers marked duplicate)"),
            ("commands refused", f"{self.refused:,} ({self.busy:,} answers too_many_requests)"),
            ("unknown, then settled", f"{self.unknown:,} losses before an answer; {self.settled:,} settled"),
            ("events observed", f"{self.events_seen:,}"),
            ("games checked", f"{self.games_checked:,} with {self.events_checked:,} events"),
            ("convergence p50/p99/max", f"{times} s over {len(self.convergence_s):,} observations"),
            ("slowest observer after", _slowest_first(self.slowest_by_fault)),
            ("all processes accept after", _slowest_first(self.idle_s_by_fault)),
            ("servers", f"at most {self.largest_rss_kb // 1024} MB; other exit codes {dict(self.unexpected_ends)}"),
            ("violations", f"{self.violation_count}"),
        ]


def _slowest_first(times: dict[str, float]) -> str:
    return ", ".join(f"{kind} {s:.2f} s" for kind, s in sorted(times.items(), key=lambda item: -item[1]))
