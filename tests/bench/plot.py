"""A plain SVG of throughput over concurrency, both logarithmic."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from tests.bench.measuring import Figure

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 30, 50

COLOURS: Final = ("#3f37a8", "#e2483d", "#d99a1c", "#6b7280", "#0e7490")
DASHES: Final = ("", "6 4", "2 4", "10 4 2 4", "1 3")


def draw(table: Mapping[str, Mapping[int, Figure]], concurrency: Sequence[int], rows: Sequence[str]) -> str:
    """Return the drawing: a line for each row of the table."""
    highest = max(figure.per_s for cells in table.values() for figure in cells.values())
    lowest = min(figure.per_s for cells in table.values() for figure in cells.values())
    bottom, top = 10 ** math.floor(math.log10(lowest)), 10 ** math.ceil(math.log10(highest))

    def x(clients: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(clients) / math.log(concurrency[-1])

    def y(per_s: float) -> float:
        share = math.log(per_s / bottom) / math.log(top / bottom)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        "<style>text{font:12px sans-serif}</style>",
        "<title>Durable appends per second by appends at once</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
    ]
    tick = bottom
    while tick <= top:
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#374151">{tick:,}</text>')
        tick *= 10
    below = f'y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#374151"'
    parts += [f'<text x="{x(clients):.1f}" {below}>{clients}</text>' for clients in concurrency]
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">appends at once</text>'
    )
    parts.append(f'<text x="{LEFT - 8}" y="18" text-anchor="start">durable appends/s</text>')
    for row, colour, dash in zip(rows, COLOURS, DASHES, strict=True):
        points = " ".join(f"{x(clients):.1f},{y(table[row][clients].per_s):.1f}" for clients in concurrency)
        last = y(table[row][concurrency[-1]].per_s)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/>'
        )
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{last + 4:.1f}" fill="{colour}">{row}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
