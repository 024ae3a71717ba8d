"""The search for the highest rate, with a server whose capacity is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from tests.load.arguments import options_of, parser
from tests.load.assertions import parse_assertion
from tests.load.find_max import CLOSE_ENOUGH, FIRST_RATE, find_max
from tests.load.options import Options
from tests.load.report import Report
from tests.load.samples import broken, latency_of, sample

SLO = [parse_assertion("accepted.p99<50ms")]
HELD, MISSED = "highest rate that held", "lowest rate that did not"


@dataclass(slots=True)
class Server:
    """Makes as many moves as are due, up to its capacity; beyond `knee` they take long."""

    capacity: float
    knee: float = float("inf")
    breaks_at: float = float("inf")
    invalid_at: float = float("inf")
    luck: float = 10.0
    """How many moves are due for each of the rate: chance may have it that there are fewer than there should be."""
    rates: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def measure(self, options: Options) -> Report:
        assert options.rate is not None
        rate = options.rate
        self.rates.append(rate)
        report = sample(
            counts={"due": round(rate * self.luck), "moves": round(min(rate, self.capacity) * self.luck)},
            rates={"moves": min(rate, self.capacity) * self.luck / 10},
            latencies={"accepted": latency_of([200.0 if rate > self.knee else 2.0])},
            invalid_because=["late"] if rate >= self.invalid_at else [],
        )
        return msgspec.structs.replace(report, verdict=broken()) if rate >= self.breaks_at else report


@pytest.mark.parametrize("first", [None, 20.0, 999.0, 3000.0, 50_000.0])
async def test_it_finds_the_rate_from_which_on_latencies_are_too_long(first: float | None) -> None:
    """Wherever it begins, below or above."""
    server = Server(capacity=1e9, knee=1000)
    report = await search(server, first)
    assert report.reference[HELD] <= 1000 < report.reference[MISSED]
    assert report.reference[MISSED] / report.reference[HELD] <= 1 + CLOSE_ENOUGH + 0.001
    assert report.rates["moves"] == pytest.approx(report.reference[HELD], abs=0.1)
    assert not report.missed
    assert len(server.rates) < 25


async def test_a_rate_at_which_fewer_moves_came_due_can_hold() -> None:
    """Poisson arrivals are not as many as their rate says; that is not the server's fault."""
    report = await search(Server(capacity=1e9, knee=1000, luck=9.0))
    assert report.reference[HELD] <= 1000 < report.reference[MISSED]


async def test_a_rate_at_which_moves_are_left_over_does_not_hold() -> None:
    """However short the latencies of those that were made."""
    report = await search(Server(capacity=800))
    assert 800 * 0.95 <= report.reference[HELD] <= 800 / 0.97


async def test_a_rate_at_which_the_figures_are_invalid_does_not_hold() -> None:
    """Else the generator's own limit would be taken for the server's."""
    server = Server(capacity=1e9, invalid_at=1500)
    report = await search(server)
    assert report.is_valid
    assert report.reference[HELD] < 1500 <= report.reference[MISSED]
    assert any("late" in line for line in server.told)


async def test_a_broken_promise_ends_the_search() -> None:
    """How fast a server is that breaks promises is of no interest."""
    server = Server(capacity=1e9, breaks_at=1000)
    report = await search(server)
    assert not report.verdict.is_passed
    assert server.rates[-1] >= 1000 > server.rates[-2]


async def test_when_no_rate_holds_the_lowest_that_was_tried_is_reported_as_missed() -> None:
    """It ends, and the command exits with an error."""
    server = Server(capacity=0)
    report = await search(server)
    assert report.missed
    assert not report.reference.keys() & {HELD, MISSED}
    assert server.rates == sorted(server.rates, reverse=True)
    assert len(server.rates) < 10


async def test_without_a_rate_it_begins_in_the_middle() -> None:
    server = Server(capacity=1000)
    await search(server)
    assert server.rates[0] == FIRST_RATE


async def test_each_step_is_told() -> None:
    server = Server(capacity=1000)
    await search(server)
    assert len(server.told) == len(server.rates)
    assert server.told[0].endswith("held")


async def test_an_interrupted_search_returns_what_it_has_found() -> None:
    """The measurement that was cut short made too few moves, which says nothing about its rate."""
    server = Server(capacity=1e9, knee=1000)
    report = await search(server, 500.0, interrupt_after=2)
    assert len(server.rates) == 2
    assert report.reference == {HELD: 500.0}


async def test_a_search_that_is_interrupted_at_once_returns_what_was_measured() -> None:
    server = Server(capacity=0)
    assert not (await search(server, interrupt_after=1)).missed
    assert len(server.rates) == 1


async def search(server: Server, first: float | None = None, *, interrupt_after: int = 1000) -> Report:
    flags: Sequence[str] = () if first is None else ("--rate", str(first))
    options = options_of(parser().parse_args(["games", *flags]))
    return await find_max(
        options, SLO, server.measure, server.told.append, lambda: len(server.rates) >= interrupt_after
    )
