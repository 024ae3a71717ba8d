import math
import re
from html import escape
from html.parser import HTMLParser

import pytest

from tests.load.html import as_html
from tests.load.plots import MAX_LINES, curve, percentile_curves, throughput
from tests.load.report import Report
from tests.load.samples import EMPTY, broken, latency_of, long_tail, sample, timeline

ATTACK = '"><img src=x onerror="alert(1)">'
VOID = ("meta", "link", "img", "br")


class Elements(HTMLParser):
    """Collects the elements of a page, and whether each that was opened was closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.misnested: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.found)


EVERYTHING = sample(verdict=broken(), invalid_because=["late"], missed=["accepted.p99<5ms: it was 12 ms."])


def _words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("</head>")[2]).split())


@pytest.mark.parametrize("report", [sample(), EVERYTHING, EMPTY], ids=["good", "everything", "empty"])
def test_the_page_is_well_formed(report: Report) -> None:
    elements = Elements(as_html(report))
    assert (elements.open, elements.misnested) == ([], [])
    assert elements.count("h1") == elements.count("main") == 1


def test_the_verdict_comes_first_and_in_words() -> None:
    """A banner that says it only by its colour says nothing to many."""
    assert _words(as_html(sample())).startswith("✓ PASSED No breach in 120 games")
    assert _words(as_html(EVERYTHING)).startswith("✗ FAILED 13 breaches in 120 games")


def test_invalidity_and_missed_assertions_are_banners_above_the_figures() -> None:
    words = _words(as_html(EVERYTHING))
    places = [words.index(text) for text in ("FAILED", "⚠ INVALID", "✗ MISSED", "Breaches", "Throughput")]
    assert places == sorted(places)
    assert "INVALID" not in as_html(sample())


def test_a_breach_is_shown_with_its_trace() -> None:
    page = as_html(EVERYTHING)
    assert "<pre>log: 3 MoveMade {&#x27;column&#x27;: &#x27;D&#x27;} by 0192\nasked: D at 2" in page
    assert "… and 12 more." in page


def test_text_from_the_run_stays_text() -> None:
    """Names and traces come from whoever was tested: in every place they are shown literally, and do nothing."""
    verdict = broken(ATTACK)
    hostile = sample(
        scenario=ATTACK,
        command=ATTACK,
        machine=ATTACK,
        began_at=ATTACK,
        options={ATTACK: ATTACK},
        verdict=verdict,
        invalid_because=[ATTACK],
        missed=[ATTACK],
        counts={ATTACK: 1},
        rates={ATTACK: 1.0},
        latencies={ATTACK: latency_of([1.0])},
        timeline=[{ATTACK: 1}],
        resources={ATTACK: sample().resources["database"]},
        reference={ATTACK: 1.0},
    )
    page = as_html(hostile)
    elements = Elements(page)
    assert elements.count("img") == 0
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert "bob" not in page
    assert page.count(escape(ATTACK)) > 15


def test_the_page_needs_nothing_else() -> None:
    """It is opened from disk, offline, also in ten years."""
    page = as_html(EVERYTHING)
    elements = Elements(page)
    assert not re.search(r"https?:|//|url\(|@import", page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in elements.found}
    assert not [tag for tag, attributes in elements.found if {"src", "href", "style"} & set(attributes)]


def test_tables_have_captions_and_scopes() -> None:
    elements = Elements(as_html(sample()))
    assert elements.count("table") == elements.count("caption") == 5
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in elements.found if tag == "th")


def test_plots_are_named_for_those_who_do_not_see_them() -> None:
    plots = [
        attributes for tag, attributes in Elements(as_html(sample())).found if attributes.get("class") == "plot"
    ]
    assert [str(plot["aria-label"]).partition(".")[0] for plot in plots] == ["Throughput", "Latency by percentile"]
    assert all(plot["role"] == "img" for plot in plots)


def test_lines_differ_in_dashes_too() -> None:
    """Colour alone tells them apart only for some, and not on paper."""
    dashes = set(re.findall(r'<path class="line colour-\d (dash-\d)"', percentile_curves(sample().latencies)))
    assert len(dashes) == len(sample().latencies)
    page = as_html(sample())
    patterns = [re.search(rf"\.{dash} {{ stroke-dasharray: ([\d ]+)", page) for dash in sorted(dashes - {"dash-1"})]
    assert len({pattern[1] for pattern in patterns if pattern}) == len(dashes) - 1


def test_a_curve_ends_with_the_maximum() -> None:
    """The worst that happened is what a percentile plot hides most easily."""
    latency = long_tail(20_000, 2.4)
    nines, milliseconds = curve(latency)[-1]
    assert milliseconds == pytest.approx(latency.max_ms, abs=0.001)
    assert nines == pytest.approx(math.log10(20_000))


def test_a_curve_passes_through_the_percentiles() -> None:
    points = {round(nines, 2): milliseconds for nines, milliseconds in curve(long_tail(20_000, 2.4))}
    told = long_tail(20_000, 2.4)
    assert [points[1], points[2], points[3]] == pytest.approx([told.p90_ms, told.p99_ms, told.p999_ms], rel=0.01)
    assert list(points.values()) == sorted(points.values())


@pytest.mark.parametrize("milliseconds", [[0.0], [7.0], [0.0, 900_000.0], [5.0] * 10])
def test_odd_latencies_can_be_drawn(milliseconds: list[float]) -> None:
    drawing = percentile_curves({"accepted": latency_of(milliseconds)})
    assert '<path class="line' in drawing
    assert "nan" not in drawing
    assert "inf" not in drawing


def test_what_was_never_measured_has_no_curve() -> None:
    assert percentile_curves({"resume": latency_of([])}) == ""
    assert percentile_curves({}) == ""


def test_nothing_counted_is_no_plot() -> None:
    assert throughput(EMPTY) == ""
    assert throughput(sample(timeline=[{}, {}])) == ""


def test_a_single_second_is_a_line() -> None:
    drawing = throughput(sample(seconds=1.0, timeline=[{"moves": 10}]))
    across = [float(x) for x in re.findall(r"([\d.]+) ", _drawn(drawing, 1))]
    assert len(across) == 2
    assert across[0] < across[1]


def test_a_standstill_at_the_end_is_drawn() -> None:
    """No entry in the timeline means that nothing happened, not that nothing was measured."""
    stalled = throughput(sample(seconds=30.0, timeline=timeline(20)))
    assert "from 0 to" in stalled
    last, second_last = _drawn(stalled, 1).split("L")[-1], _drawn(stalled, 1).split("L")[-2]
    assert last.split()[1] == second_last.split()[1] == _bottom(stalled)


def test_the_last_part_of_a_second_is_not_drawn() -> None:
    """It would look like a collapse of the server."""
    whole = throughput(sample(seconds=30.1, timeline=[*timeline(30), {"moves": 3, "events": 9, "refusals": 0}]))
    assert whole == throughput(sample(seconds=30.0, timeline=timeline(30)))


def test_a_plot_says_when_it_leaves_lines_out() -> None:
    many = {f"count {index}": index + 1 for index in range(MAX_LINES + 3)}
    drawing = throughput(sample(seconds=1.0, timeline=[many]))
    assert "Throughput (6 of 9)" in drawing
    assert "count 8" in drawing
    assert "count 2" not in drawing


def _drawn(drawing: str, line: int) -> str:
    """Return the points of a line; where it was drawn, not its sample in the legend."""
    found = re.search(rf'<path class="line colour-{line} dash-{line}" d="M([^"]*)"', drawing)
    return found[1] if found else pytest.fail("no such line")


def _bottom(drawing: str) -> str:
    """Return how far down the line of zero is."""
    found = re.search(r'<path class="grid" d="M\S+ ([\d.]+)H', drawing)
    return found[1] if found else pytest.fail("no grid")
