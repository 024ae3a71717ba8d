import pytest

from tests.load.report import Verdict
from tests.load.samples import EMPTY, broken, latency_of, sample
from tests.load.text import COLUMNS, as_text, findings, number


def test_the_verdict_is_the_first_line() -> None:
    """Who reads only one line has read whether promises were kept, and in how much."""
    assert as_text(sample()).startswith("PASSED: no breach in 120 games, 30,412 events in the log, ")
    assert as_text(sample(verdict=broken())).startswith("FAILED: 13 breaches in 120 games and 3,160 events")


def test_a_verdict_on_nothing_says_that_nothing_was_checked() -> None:
    """A run that checked nothing finds nothing wrong: that must not look like a server without fault."""
    nothing = Verdict(breach_count=0, checked={"games": 0, "events in the log": 0}, breaches=[])
    assert findings(nothing) == "no breach, but nothing was checked"


def test_a_breach_comes_with_its_trace_right_after_the_verdict() -> None:
    lines = as_text(sample(verdict=broken())).splitlines()
    assert lines[1] == "1. [an observer sees a prefix of the log] Xk3v9QwLm2Zp: bob saw the versions [1, 2, 4]"
    assert lines[2].strip() == "| log: 3 MoveMade {'column': 'D'} by 0192"
    assert lines[4] == "… and 12 more."


def test_what_makes_figures_invalid_stands_above_them_each_in_a_line() -> None:
    """Nobody should copy a figure before having read that it means nothing."""
    text = as_text(sample(invalid_because=["the generator was late", "a core was stolen"]))
    reasons = [line for line in text.splitlines() if line.startswith("INVALID: ")]
    assert reasons == ["INVALID: the generator was late", "INVALID: a core was stolen"]
    assert text.index("must not be trusted") < text.index("latency, ms")


def test_missed_assertions_come_after_invalidity_and_before_the_figures() -> None:
    text = as_text(sample(invalid_because=["late"], missed=["accepted.p99<5ms: it was 12 ms."]))
    assert text.index("INVALID") < text.index("MISSED: accepted.p99<5ms: it was 12 ms.") < text.index("latency, ms")


def test_a_valid_run_is_not_called_invalid() -> None:
    assert "INVALID" not in as_text(sample())
    assert "MISSED" not in as_text(sample())


def test_the_columns_of_a_table_end_at_the_same_place() -> None:
    block = next(block for block in as_text(sample()).split("\n\n") if block.startswith("latency, ms"))
    assert len({len(line) for line in block.splitlines()}) == 1
    assert block.splitlines()[0].split() == ["latency,", "ms", "n", "p50", "p90", "p99", "p99.9", "max"]


def test_every_kind_of_figure_is_told() -> None:
    text = as_text(sample())
    for title in ("latency, ms", "event-loop lag, ms", "rates", "counts", "resources", "reference"):
        assert f"\n\n{title} " in text


def test_what_was_never_measured_is_no_latency_of_zero() -> None:
    text = as_text(sample(latencies={"resume": latency_of([])}))
    assert next(line for line in text.splitlines() if line.startswith("resume")).split() == [
        "resume",
        "0",
        *"–––––",
    ]


def test_all_but_traces_and_the_command_fits_the_terminal() -> None:
    text = as_text(sample(verdict=broken("x " * 200), invalid_because=["y " * 200], missed=["z " * 200]))
    kept_whole = ("FAILED", "   |", "To repeat it")
    assert max(len(line) for line in text.splitlines() if not line.startswith(kept_whole)) <= COLUMNS


def test_an_empty_report_is_told_in_a_few_lines() -> None:
    assert [block.split(":")[0] for block in as_text(EMPTY).strip().split("\n\n")] == ["PASSED", "fan-out"]


@pytest.mark.parametrize(
    ("value", "said"), [(30_081, "30,081"), (3, "3"), (1002.7, "1,003"), (45.67, "45.7"), (0.744, "0.74")]
)
def test_figures_have_the_digits_that_mean_something(value: float, said: str) -> None:
    assert number(value) == said
