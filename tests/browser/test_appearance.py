"""The page for every eye, every screen and every hand."""

import gzip
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.play import RED_WINS_UP_A, drop, my_turn, open_game, play, see_moves, two_players
from tests.processes import ROOT, ServerProcess

MOST_COMPRESSED_BYTES = 48_000
SMALLEST_TARGET_PX = 44
MOST_SHIFT = 0.02
PHONE_UPRIGHT = (360, 640)
PHONE_LYING = (640, 360)
SMALLEST_PHONE = (320, 568)

SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""

TWICE = """addEventListener("DOMContentLoaded", () => {
  document.documentElement.style.setProperty("font-size", "200%");
});"""

TARGETS = "button, a, input:not([type=checkbox]), summary, label.check"
SMALL_TARGETS = """([least, targets]) => [...document.querySelectorAll(targets)]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < least - 0.01)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_from_the_lobby_to_the_end_of_the_game(
    visitors: Visitors, server: ServerProcess, scheme: Literal["light", "dark"]
) -> None:
    """A rule that a machine can check should never be broken: contrast, names, roles, order."""
    ann = await visitors.open(server.url, color_scheme=scheme, reduced_motion="reduce")
    await ann.get_by_text("Colour and visibility").click()
    await _axe(ann)
    await ann.get_by_text("Colour and visibility").click()
    bob = await visitors.open(await open_game(ann), color_scheme=scheme, reduced_motion="reduce")
    await _axe(ann)
    await _axe(bob)
    await bob.get_by_role("button", name="Join").click()
    await my_turn(ann)
    await ann.get_by_role("tab", name="The log").click()
    await _axe(ann)

    await play(ann, bob, RED_WINS_UP_A)

    await _axe(ann)
    await ann.keyboard.press("?")
    await _axe(ann)


@pytest.mark.parametrize("size", [PHONE_UPRIGHT, PHONE_LYING, SMALLEST_PHONE], ids=str)
async def test_a_phone_never_scrolls_sideways_and_every_target_fits_a_finger(
    visitors: Visitors, server: ServerProcess, size: tuple[int, int]
) -> None:
    """The board is a thing to touch, also on the smallest of screens."""
    width, height = size
    options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "has_touch": True}
    ann = await visitors.open(server.url, **options)
    await _fits(ann)
    bob = await visitors.open(await open_game(ann, "A name of exactly forty characters, yes."), **options)
    await _fits(ann)
    await _fits(bob)
    await bob.get_by_role("button", name="Join").click()
    await my_turn(ann)
    await _fits(ann)

    await play(ann, bob, RED_WINS_UP_A)

    await _fits(ann)


@pytest.mark.parametrize("size", [PHONE_UPRIGHT, PHONE_LYING], ids=str)
async def test_the_whole_board_is_on_the_first_screen_of_a_phone(
    visitors: Visitors, server: ServerProcess, size: tuple[int, int]
) -> None:
    """A board that must be scrolled can't be read at a glance."""
    width, height = size
    ann, _ = await two_players(visitors, server.url, viewport={"width": width, "height": height})

    box = await ann.get_by_test_id("board").bounding_box()

    assert box
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height


async def test_text_of_twice_the_size_still_fits(visitors: Visitors, server: ServerProcess) -> None:
    """Who needs large text needs all of it."""
    phone: dict[str, Any] = {"viewport": {"width": 360, "height": 640}}
    lobby = await visitors.open(server.url, scripts=(TWICE,), **phone)
    ann, _ = await two_players(visitors, server.url, scripts=(TWICE,), **phone)
    await expect(lobby.locator("#live-games li").first).to_be_visible()  # a row with a button, the widest there is

    for page in (lobby, ann):
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_nothing_jumps_during_a_whole_game(visitors: Visitors, server: ServerProcess) -> None:
    """A board that moves under the finger loses games."""
    ann, bob = await two_players(visitors, server.url, scripts=(SHIFTS,))
    eve = await visitors.open(ann.url, scripts=(SHIFTS,))
    await see_moves(eve, 0)

    await play(ann, bob, RED_WINS_UP_A)
    await expect(eve.get_by_role("heading", name="Ann won")).to_be_visible()

    for page in (ann, bob, eve):
        assert await page.evaluate("window.shift") < MOST_SHIFT


async def test_the_tokens_differ_in_shape_also_without_any_colour(
    visitors: Visitors, server: ServerProcess
) -> None:
    """One man in twelve sees red and yellow differently; forced colours take both away."""
    ann, bob = await two_players(visitors, server.url, forced_colors="active")
    await play(ann, bob, "DE")

    shapes = await ann.evaluate(
        """() => ["red", "yellow"].map((color) => {
          const style = getComputedStyle(document.querySelector(`.disc[data-color=${color}]`), "::before");
          return [style.borderRadius, style.rotate].join(" ");
        })"""
    )

    assert shapes[0] != shapes[1]


async def test_the_theme_is_remembered_and_there_before_the_first_paint(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A white flash in a dark room is worse than no choice at all."""
    page = await visitors.open(server.url, color_scheme="light")
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")

    await page.get_by_role("button", name="Dark theme").click()
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.reload(wait_until="commit")
    await page.wait_for_load_state("domcontentloaded")

    assert dark != light
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


async def test_the_board_reads_as_a_table(visitors: Visitors, server: ServerProcess) -> None:
    """A screen reader walks it cell by cell, with the column's letter and the row's number."""
    ann, bob = await two_players(visitors, server.url)
    await drop(ann, "D")
    await drop(bob, "D")
    await see_moves(ann, 2)

    await expect(ann.get_by_test_id("board")).to_match_aria_snapshot(
        """
        - table "Board, top row first":
          - rowgroup:
            - row "Row A B C D E F G"
          - rowgroup:
            - row "6 empty empty empty empty empty empty empty"
            - row "5 empty empty empty empty empty empty empty"
            - row "4 empty empty empty empty empty empty empty"
            - row "3 empty empty empty empty empty empty empty"
            - row "2 empty empty empty yellow empty empty empty"
            - row "1 empty empty empty red empty empty empty"
        """
    )


def test_all_scripts_and_styles_together_weigh_little() -> None:
    """The page is there before one has finished reading its first line, also on a slow phone."""
    files = [path for path in Path(ROOT, "static").iterdir() if path.suffix in (".js", ".css")]

    assert files
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= MOST_COMPRESSED_BYTES


async def _axe(page: Page) -> None:
    results = await Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


async def _fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(SMALL_TARGETS, [SMALLEST_TARGET_PX, TARGETS]) == []
