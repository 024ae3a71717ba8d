"""A report as one page that needs nothing else, neither network nor script: opened from disk, or sent by mail."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from tests.load.plots import percentile_curves, throughput
from tests.load.report import Breach, Report
from tests.load.text import (
    LATENCY_COLUMNS,
    NOTHING,
    RESOURCE_COLUMNS,
    findings,
    latency_cells,
    number,
    resource_cells,
    verdict_word,
)

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Should some text of a run ever get through unescaped, it can still load and run nothing."""


def as_html(report: Report) -> str:
    """Return a whole HTML page: the verdict, what broke, the plots, the tables, and how to repeat the run."""
    title = f"{verdict_word(report.verdict)}: {report.scenario}, Fourfold load test"
    parts = [
        _header(report),
        _warning("doubt", "⚠ INVALID", "The figures below must not be trusted.", report.invalid_because),
        _warning("bad", "✗ MISSED", "What was asked for and did not come.", report.missed),
        _breaches(report),
        _tiles(report),
        _columns(throughput(report), percentile_curves(report.latencies)),
        _columns(*_tables(report), _repeat(report)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{chr(10).join(filter(None, parts))}\n</main>\n</body>\n</html>\n"
    )


def _header(report: Report) -> str:
    kind, mark = ("good", "✓") if report.verdict.is_passed else ("bad", "✗")
    word, found = verdict_word(report.verdict), findings(report.verdict)
    return (
        f'<header class="banner {kind}"><h1><span aria-hidden="true">{mark}</span> {word}</h1>'
        f"<p><b>{escape(found[0].upper() + found[1:])}.</b></p>"
        f"<p>Load test “{escape(report.scenario)}”: {report.seconds:,.1f} s measured from "
        f"<time>{escape(report.began_at)}</time> on {escape(report.machine)}</p></header>"
    )


def _warning(kind: str, heading: str, meaning: str, reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    mark, word = heading.split()
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return (
        f'<section class="banner {kind}"><h2><span aria-hidden="true">{mark}</span> {word}</h2>'
        f"<p>{meaning}</p><ul>{items}</ul></section>"
    )


def _breaches(report: Report) -> str:
    breaches = report.verdict.breaches
    hidden = report.verdict.breach_count - len(breaches)
    more = f'<p class="soft">… and {hidden:,} more.</p>' if hidden else ""
    if not breaches and not more:
        return ""
    return f'<section class="card"><h2>Breaches</h2>{"".join(map(_breach, breaches))}{more}</section>'


def _breach(breach: Breach) -> str:
    trace = "\n".join(breach.trace)
    return (
        f"<article><h3>{escape(breach.promise)}</h3><p>Game <code>{escape(breach.game)}</code>: "
        f"{escape(breach.what)}</p>{f'<pre>{escape(trace)}</pre>' if trace else ''}</article>"
    )


def _tiles(report: Report) -> str:
    figures = {f"{name}/s": number(rate) for name, rate in report.rates.items()}
    figures |= {f"{name} p99": f"{it.p99_ms:,.1f} ms" for name, it in report.latencies.items() if it.n}
    figures |= {name: number(value) for name, value in report.reference.items()}
    tiles = "".join(f"<div><dt>{escape(name)}</dt><dd>{figure}</dd></div>" for name, figure in figures.items())
    return f'<dl class="tiles">{tiles}</dl>' if tiles else ""


def _tables(report: Report) -> list[str]:
    latencies = {name: latency_cells(latency) for name, latency in report.latencies.items()}
    lag = {name: latency_cells(latency) for name, latency in report.lag.items()}
    resources = {name: resource_cells(used) for name, used in report.resources.items()}
    counts = {name: [number(count)] for name, count in report.counts.items()}
    options = {name: [NOTHING if value is None else str(value)] for name, value in report.options.items()}
    return [
        _table("Latencies, ms", LATENCY_COLUMNS, latencies),
        _table("Event-loop lag, ms", LATENCY_COLUMNS, lag),
        _table("Resources", RESOURCE_COLUMNS, resources),
        _table("Counts", ("in all",), counts),
        _table("Options", ("value",), options),
    ]


def _table(caption: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """Return a table that scrolls for itself where it is too wide, also by keyboard; nothing without rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in ("", *columns))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for name, cells in rows.items()
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _columns(*parts: str) -> str:
    cards = "".join(f'<div class="card">{part}</div>' for part in parts if part)
    return f'<div class="columns">{cards}</div>' if cards else ""


def _repeat(report: Report) -> str:
    return f"<h2>To repeat it</h2><pre><code>{escape(report.command)}</code></pre>"


STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #f5f5f9; --surface: #fff; --sunken: #f0f0f6; --line: #dcdce8; --text: #1c1938; --soft: #5d5a78;
  --good: #14663b; --good-back: #e1f3e8; --bad: #a31d1d; --bad-back: #fde8e6;
  --doubt: #7a4b00; --doubt-back: #fdf0d3;
  --1: #4334b5; --2: #d1372c; --3: #0b7285; --4: #9a6200; --5: #a3278f; --6: #55606e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14122a; --surface: #1e1b38; --sunken: #262345; --line: #38345c; --text: #f0eefc; --soft: #b0acd0;
    --good: #8be0ae; --good-back: #12352a; --bad: #ffaaa0; --bad-back: #471d2a;
    --doubt: #ffd480; --doubt-back: #3e2f14;
    --1: #a99fff; --2: #ff8676; --3: #5fd3e2; --4: #f5c15c; --5: #f095e0; --6: #b4bdcb;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere; line-height: 1.5;
  font-family: "Avenir Next", "Segoe UI", "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: none; }
main { max-width: 74rem; margin: 0 auto; padding: clamp(0.75rem, 3vw, 2.5rem); display: grid; gap: 1.25rem; }
main > * { min-width: 0; }
h1, h2, h3, p, figure, dl, dd, ul, pre { margin: 0; padding: 0; }
h1 { font-size: clamp(2rem, 1.5rem + 2.5vw, 3rem); line-height: 1.1; letter-spacing: -0.01em; }
h2, caption, figcaption { font-size: 1.15rem; font-weight: 700; line-height: 1.3; }
h3 { font-size: 1rem; }
pre, code { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; font-size: 0.85rem; }
pre { background: var(--sunken); border-radius: 0.5rem; padding: 0.75rem 1rem; white-space: pre-wrap; }
:focus-visible { outline: 3px solid var(--1); outline-offset: 2px; }
.soft { color: var(--soft); }
.banner { border-radius: 1rem; padding: 1rem clamp(1rem, 3vw, 1.75rem); border: 1px solid;
  display: grid; gap: 0.35rem; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.doubt { color: var(--doubt); background: var(--doubt-back); }
.banner p, .banner li { color: var(--text); }
.banner ul { padding-left: 1.25rem; }
.card { padding: 1rem 1.25rem; display: grid; gap: 0.75rem; align-content: start; min-width: 0; }
.card > * { min-width: 0; }
article { display: grid; gap: 0.35rem; }
.columns { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
.tiles { display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fit, minmax(min(45%, 9.5rem), 1fr)); }
.tiles div { padding: 0.75rem 1rem; }
.tiles div, .card { background: var(--surface); border: 1px solid var(--line); border-radius: 1rem; }
.tiles dt { color: var(--soft); font-size: 0.875rem; }
.tiles dd { font-size: 1.6rem; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; padding-bottom: 0.5rem; }
th, td { text-align: right; padding: 0.35rem 0 0.35rem 0.9rem; border-top: 1px solid var(--line); }
td, tbody th { white-space: nowrap; }
thead th { border-top: 0; color: var(--soft); font-size: 0.875rem; font-weight: 500; vertical-align: bottom; }
th:first-child { text-align: left; padding-left: 0; font-weight: 500; position: sticky; left: 0; }
tbody th { background: var(--surface); }
figure { display: grid; gap: 0.5rem; }
.plot { width: 100%; height: auto; overflow: visible; }
.plot text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.of-y, .end { text-anchor: end; }
.of-x { text-anchor: middle; }
.grid { stroke: var(--line); stroke-width: 1; fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.legend { list-style: none; display: grid; gap: 0.25rem; font-size: 0.9rem; color: var(--soft); }
.legend li { display: grid; grid-template-columns: 2rem 1fr; gap: 0.6rem; align-items: baseline; }
.legend svg { width: 2rem; height: 0.5rem; align-self: center; }
.legend b { color: var(--text); font-weight: 600; }
.colour-1 { stroke: var(--1); } .colour-2 { stroke: var(--2); } .colour-3 { stroke: var(--3); }
.colour-4 { stroke: var(--4); } .colour-5 { stroke: var(--5); } .colour-6 { stroke: var(--6); }
.dash-2 { stroke-dasharray: 7 3; } .dash-3 { stroke-dasharray: 2 3; } .dash-4 { stroke-dasharray: 9 3 2 3; }
.dash-5 { stroke-dasharray: 4 4; } .dash-6 { stroke-dasharray: 9 3 2 3 2 3; }
@media (max-width: 40rem) {
  .plot text { font-size: 15px; }
  .card { padding: 0.875rem; }
  th, td, thead th { padding-left: 0.4rem; font-size: 0.8125rem; }
}
"""
