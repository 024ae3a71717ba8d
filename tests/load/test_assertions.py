import pytest

from tests.load.assertions import AssertionSyntaxError, parse_assertion
from tests.load.report import Latency, Report
from tests.load.samples import EMPTY, latency_of, sample

HUNDRED = latency_of([float(value) for value in range(1, 101)])
"""1 ms to 100 ms."""

REPORT = sample(
    latencies={"accepted": HUNDRED, "late-comers seen": HUNDRED, "resume": latency_of([])},
    counts={"moves": 30, "failed connects": 0},
    rates={"moves": 1000.0},
)


@pytest.mark.parametrize(
    "text",
    [
        "accepted.p50<51ms",
        "accepted.p90<0.091s",
        "accepted.p99<99100us",
        "accepted.p999<=100.1ms",
        "accepted.p99.9<=100.1ms",
        "accepted.max>99ms",
        "accepted.n>=100",
        "late-comers seen.p50<51ms",
        "lag.generator.p99<20ms",
        "lag.server.n>1",
        "rates.moves>=1000",
        "rates.moves>=1000/s",
        "counts.moves>=30",
        "counts.failed connects<=0",
        "server.rss_mb_max<66.91MB",
        "server.rss_mb_first<62.2MiB",
        "server.cpu<0.72",
        "server.cpu_max<0.9",
        "database.cpu<1",
        "generator.rss_mb_last<92",
        "reference.share of the ceiling>=0.7",
        "reference.ceiling moves/s>4000",
        "  accepted.p50 < 51 ms ",
    ],
)
def test_an_assertion_that_holds_is_not_missed(text: str) -> None:
    assert parse_assertion(text).missed_by(REPORT) is None


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("accepted.p50<50000us", "it was 50.015 ms."),
        ("accepted.p50>1s", "it was 50.015 ms."),
        ("accepted.n<100", "it was 100."),
        ("accepted.n>100", "it was 100."),
        ("rates.moves>1000", "it was 1000 /s."),
        ("rates.moves<1000", "it was 1000 /s."),
        ("counts.moves>=31", "it was 30."),
        ("server.rss_mb_max<66MB", "it was 66.9 MB."),
        ("server.cpu_max<0.85", "it was 0.88."),
        ("reference.share of the ceiling>=0.75", "it was 0.74."),
    ],
)
def test_a_missed_assertion_says_what_came_instead(text: str, came: str) -> None:
    assert parse_assertion(text).missed_by(REPORT) == f"{text}: {came}"


@pytest.mark.parametrize(
    ("text", "there_is"),
    [
        ("acepted.p99<50ms", "accepted, late-comers seen, resume"),
        ("lag.acepted.p99<50ms", "generator, server"),
        ("rates.move>1", "moves"),
        ("counts.move<1", "moves, failed connects"),
        ("reference.share<1", "ceiling moves/s, share of the ceiling"),
    ],
)
def test_a_name_that_is_not_there_is_missed_and_told_what_is(text: str, there_is: str) -> None:
    """A slip of the pen in `--assert` must not make it hold for ever."""
    missed = parse_assertion(text).missed_by(REPORT)
    assert missed is not None
    assert there_is in missed


@pytest.mark.parametrize("text", ["resume.p99<50ms", "resume.n<5", "resume.max>=0ms"])
def test_what_was_never_measured_is_missed(text: str) -> None:
    """A histogram of nothing has a p99 of 0 ms, which would keep every promise."""
    assert parse_assertion(text).missed_by(REPORT) == f"{text}: it was never measured (n is 0)."


@pytest.mark.parametrize(
    "text", ["accepted.p99<50ms", "lag.server.p50<1s", "rates.x<1", "counts.x<1", "server.cpu<1", "reference.x<1"]
)
def test_an_empty_report_misses_everything(text: str) -> None:
    assert "only nothing." in str(parse_assertion(text).missed_by(EMPTY))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "accepted",
        "accepted.p99",
        "accepted.p99=50ms",
        "accepted.p99<",
        "accepted.p99<ms",
        "accepted.p99<<50ms",
        "accepted.p99<-50ms",
        "accepted.p99<nan ms",
        "accepted.p99<50ms and more",
        "<50ms",
        ".p99<50ms",
        "accepted.p98<50ms",
        "accepted<50ms",
        "accepted.n<50ms",
        "accepted.p99<50MB",
        "accepted.p99<50min",
        "lag.p99.x<50ms",
        "rates>1",
        "rates.>1",
        "rates.moves>1ms",
        "counts.moves>1/s",
        "server<1",
        "server.p99<1ms",
        "server.cpu<90ms",
        "server.rss_mb_max<1GB",
        "reference.share of the ceiling>=70%",
    ],
)
def test_what_is_no_assertion_is_refused(text: str) -> None:
    with pytest.raises(AssertionSyntaxError, match=r"expected|give one of|there are"):
        parse_assertion(text)


def test_a_latency_without_unit_is_told_to_give_one() -> None:
    """50 what? Guessing wrong would be wrong by a factor of a thousand."""
    with pytest.raises(AssertionSyntaxError, match="no unit: give one of us, ms, s"):
        parse_assertion("accepted.p99<50")


@pytest.mark.parametrize(
    ("comparison", "holds"), [("<", "below"), ("<=", "below equal"), (">", "above"), (">=", "above equal")]
)
def test_a_bound_is_in_or_out_as_written(comparison: str, holds: str) -> None:
    assertion = parse_assertion(f"accepted.p50{comparison}2ms")
    given = {"below": 1.0, "equal": 2.0, "above": 3.0}
    held = [name for name, value in given.items() if assertion.missed_by(_with_median(value)) is None]
    assert sorted(held) == sorted(holds.split())


def _with_median(value: float) -> Report:
    one = Latency(n=1, p50_ms=value, p90_ms=9, p99_ms=9, p999_ms=9, max_ms=9, encoded="")
    return sample(latencies={"accepted": one})
