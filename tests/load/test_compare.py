import pytest

from tests.load.compare import compare
from tests.load.report import Latency, Report, Resources
from tests.load.samples import EMPTY, broken, latency_of, sample

WARNING = "NOT LIKE WITH LIKE:"


def test_reports_of_the_same_kind_are_compared_without_warning() -> None:
    assert WARNING not in compare(sample(), sample(seconds=30.02, began_at="2026-11-26T10:40:00Z"))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (sample(scenario="hot"), "scenario: fan-out before, hot after"),
        (sample(machine="a big one"), "a big one after"),
        (sample(options={**sample().options, "games": 9}), "option games: 120 before, 9 after"),
        (sample(options={**sample().options, "states": 5}), "option states: – before, 5 after"),
        (sample(verdict=broken()), "after FAILED: 13 breaches"),
        (sample(invalid_because=["the generator was late"]), "after is INVALID: the generator was late"),
    ],
)
def test_what_makes_a_comparison_unfair_is_said_first(changed: Report, told: str) -> None:
    """Half the games also halve the memory; a server that loses moves is fast."""
    text = compare(sample(), changed)
    assert text.startswith(WARNING)
    assert text.index(told) < text.index("accepted p50")


def test_an_earlier_report_that_failed_is_told_too() -> None:
    text = compare(sample(verdict=broken(), invalid_because=["late"]), sample())
    assert "before FAILED: 13 breaches" in text
    assert "before is INVALID: late" in text


@pytest.mark.parametrize(
    ("factor", "latency", "rate"),
    [(2.0, "worse", "better"), (0.5, "better", "worse"), (1.05, "", ""), (0.95, "", "")],
)
def test_a_notable_change_is_called_better_or_worse(factor: float, latency: str, rate: str) -> None:
    before, after = _all(100.0), _all(100.0 * factor)
    rows = _rows(compare(before, after))
    assert {rows[f"accepted {p}, ms"] for p in ("p50", "p90", "p99", "p99.9", "max")} == {latency}
    assert rows["lag server p99, ms"] == latency
    assert rows["moves/s"] == rate
    assert {rows[f"server 1 {field}"] for field in Resources.__struct_fields__} == {latency}
    assert rows["reference share of the ceiling"] == rate


def test_a_ceiling_is_neither_better_nor_worse() -> None:
    """It tells of the machine, not of the server."""
    assert _rows(compare(_all(1.0), _all(2.0)))["reference ceiling moves/s"] == "higher"
    assert _rows(compare(_all(2.0), _all(1.0)))["reference ceiling moves/s"] == "lower"


def test_a_row_tells_before_after_and_their_ratio() -> None:
    line = next(line for line in compare(_all(2.0), _all(3.0)).splitlines() if line.startswith("moves/s"))
    assert line.split() == ["moves/s", "2.00", "3.00", "1.50", "better"]


def test_from_nothing_to_something_is_a_change_without_ratio() -> None:
    line = next(line for line in compare(_all(0.0), _all(3.0)).splitlines() if line.startswith("server 1 cpu "))
    assert line.split()[-4:] == ["0.00", "3.00", "–", "worse"]


def test_what_only_one_report_has_is_not_judged() -> None:
    rows = _rows(compare(sample(), EMPTY))
    assert rows["accepted p99, ms"] == rows["moves/s"] == "only before"
    assert _rows(compare(EMPTY, sample()))["accepted p99, ms"] == "only after"


def test_a_latency_that_was_never_measured_is_not_fast() -> None:
    """0 ms over no measurement would be the best improvement ever."""
    rows = _rows(compare(sample(), sample(latencies={"accepted": latency_of([])})))
    assert rows["accepted p99, ms"] == "only before"


def test_the_columns_end_at_the_same_place() -> None:
    lines = compare(_all(1.0), _all(2_000.0)).splitlines()
    table = [line for line in lines if line.endswith((" worse", " better", " higher"))]
    assert len(table) > 5
    assert len({len(line) for line in table}) == 1


def test_single_runs_are_called_noisy() -> None:
    assert "Single runs are noisy" in compare(sample(), sample())


def test_empty_reports_can_be_compared() -> None:
    assert "before  after" in compare(EMPTY, EMPTY)


def _all(value: float) -> Report:
    """Return a report in which every figure is the same."""
    one = Latency(n=1, p50_ms=value, p90_ms=value, p99_ms=value, p999_ms=value, max_ms=value, encoded="")
    used = Resources(cpu=value, cpu_max=value, rss_mb_first=value, rss_mb_last=value, rss_mb_max=value)
    return sample(
        latencies={"accepted": one},
        lag={"server": one},
        rates={"moves": value},
        resources={"server 1": used},
        reference={"share of the ceiling": value, "ceiling moves/s": value},
    )


def _rows(text: str) -> dict[str, str]:
    """Return the word, if any, at the end of each row, by the row's name."""
    words = ("better", "worse", "higher", "lower", "only before", "only after")
    rows = [line for line in text.splitlines() if "  " in line.strip()]
    return {row.partition("  ")[0]: next((word for word in words if row.endswith(word)), "") for row in rows}
