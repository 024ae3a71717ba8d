"""What one takes away from a game, and what one brings along."""

from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocket, expect

from tests.browser import qr
from tests.browser.conftest import Visitors
from tests.browser.match import DRAWN, Match
from tests.browser.play import RED_WINS_ON_A_SLANT, board_of, open_game, see_moves
from tests.processes import ServerProcess

NOTATION = "566435425762355414416"
PHONE = {"width": 360, "height": 640}

# The dark modules of a drawn code, from its path of unit squares.
MODULES = """(svg) => {
  const size = svg.viewBox.baseVal.width;
  const rows = Array.from({ length: size }, () => Array(size).fill(false));
  const path = svg.querySelector("path").getAttribute("d");
  for (const [, x, y] of path.matchAll(/M(\\d+) (\\d+)h1v1h-1z/g)) rows[y][x] = true;
  return rows;
}"""


async def test_the_code_of_an_invitation_reads_as_its_link_also_on_a_phone(
    visitors: Visitors, server: ServerProcess
) -> None:
    """People who sit side by side hold one phone over the other."""
    ann = await visitors.open(server.url, viewport=PHONE)
    url = await open_game(ann)
    code = ann.locator("#invite").get_by_role("img", name="The link as a QR code")

    await expect(code).to_be_visible()

    box = await code.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 100
    assert await _read(ann, "#invite svg") == url


async def test_the_link_to_share_is_the_place_one_looks_at(visitors: Visitors, server: ServerProcess) -> None:
    """Who shares while looking back wants to show that very move."""
    match = await Match.begin(server.url, "DDC")
    eve = await visitors.open(match.url, permissions=["clipboard-read", "clipboard-write"])
    await eve.get_by_role("button", name="Move 2: yellow, D2").click()
    await eve.get_by_role("button", name="Share").click()

    await eve.get_by_role("button", name="Copy link").click()

    await expect(eve.get_by_role("button", name="Copied")).to_be_visible()
    assert await eve.evaluate("navigator.clipboard.readText()") == f"{match.url}#2"
    assert await _read(eve, "#share svg") == f"{match.url}#2"


async def test_the_sheet_of_the_system_gets_the_link_where_there_is_one(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A phone knows better than a page how its owner talks to friends."""
    match = await Match.begin(server.url, "D")
    eve = await visitors.open(
        match.url, scripts=("navigator.share = (given) => { window.given = given; return Promise.resolve(); };",)
    )
    await see_moves(eve, 1)
    await eve.get_by_role("button", name="Share", exact=True).click()

    await eve.get_by_role("button", name="Share…").click()

    assert await eve.evaluate("window.given") == {"title": "Fourfold", "url": match.url}


async def test_the_notation_that_was_copied_opens_as_the_same_game(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Out of one page and into another, without any server in between."""
    match = await Match.begin(server.url, NOTATION)
    eve = await visitors.open(match.url, permissions=["clipboard-read", "clipboard-write"])
    await see_moves(eve, len(NOTATION))
    board = await board_of(eve)
    await eve.get_by_role("button", name="Share").click()
    await eve.get_by_role("button", name="Copy notation").click()
    await expect(eve.get_by_role("button", name="Copied")).to_be_visible()
    await eve.goto(server.url)

    await eve.get_by_label("Replay a game").click()
    await eve.keyboard.press("ControlOrMeta+V")
    await eve.keyboard.press("Enter")

    await expect(eve).to_have_url(f"{server.url}/replay/{NOTATION}")
    await see_moves(eve, len(NOTATION))
    assert await board_of(eve) == board
    await expect(eve.get_by_role("heading", name="Red won")).to_be_visible()


async def test_a_notation_pasted_beside_all_fields_opens_at_once(visitors: Visitors, server: ServerProcess) -> None:
    """Ctrl+V is what one does with a thing one has copied."""
    eve = await visitors.open(server.url, permissions=["clipboard-read", "clipboard-write"])
    await eve.evaluate("navigator.clipboard.writeText('44 53')")

    await eve.keyboard.press("ControlOrMeta+V")

    await expect(eve).to_have_url(f"{server.url}/replay/4453")


@pytest.mark.parametrize(
    ("notation", "reason"),
    [
        ("4458", "a row of columns from 1 to 7"),
        ("1111111", "Column 1 is full at move 7"),
        ("12121212", "The game is over before move 8"),
    ],
)
async def test_a_notation_that_cannot_be_is_refused_with_the_reason(
    visitors: Visitors, server: ServerProcess, notation: str, reason: str
) -> None:
    """In the form, and in an address that somebody has typed."""
    eve = await visitors.open(server.url)
    await eve.get_by_label("Replay a game").fill(notation)

    await eve.get_by_role("button", name="Open").click()

    await expect(eve.get_by_role("alert")).to_contain_text(reason)
    await eve.goto(f"{server.url}/replay/{notation}")
    await expect(eve.get_by_text(reason)).to_be_visible()
    await expect(eve.get_by_role("link", name="To the start page", exact=True)).to_be_visible()


async def test_a_replay_is_stepped_and_played_like_a_game_and_needs_no_connection(
    visitors: Visitors, server: ServerProcess
) -> None:
    """It is a log like any other, folded by the same fold; only nobody plays it."""
    eve = await visitors.open(server.url)
    sockets: list[WebSocket] = []
    eve.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - a bound method of a list can't be marked by Playwright
    await eve.goto(f"{server.url}/replay/{DRAWN}")
    await see_moves(eve, 42)
    await expect(eve.get_by_role("heading", name="A draw")).to_be_visible()

    await eve.keyboard.press("Home")
    await eve.get_by_role("button", name="Play").click()
    await expect(eve.get_by_text("Move 2 of 42")).to_be_visible()
    await eve.get_by_role("button", name="Pause").click()
    await eve.get_by_role("tab", name="The log").click()
    await eve.get_by_role("button", name="Verify here").click()

    await expect(eve.locator(".checks .holds")).to_have_count(7)
    assert sockets == []


async def test_the_lines_of_json_are_those_of_the_server(
    visitors: Visitors, server: ServerProcess, tmp_path: Path
) -> None:
    """The log belongs to those who made it: the same lines that the API gives out."""
    match = await Match.begin(server.url, RED_WINS_ON_A_SLANT)
    eve = await visitors.open(match.url)
    await see_moves(eve, len(RED_WINS_ON_A_SLANT))
    await eve.get_by_role("button", name="Share").click()

    async with eve.expect_download() as download:
        await eve.get_by_role("button", name="Download the log").click()
    file = await download.value
    await file.save_as(tmp_path / "log")

    assert file.suggested_filename == f"fourfold-{match.url.rpartition('/')[2]}.jsonl"
    assert (tmp_path / "log").read_text() == await match.log()


async def _read(page: Page, selector: str) -> str:
    rows: list[list[bool]] = await page.locator(selector).evaluate(MODULES)
    quiet = next(i for i, row in enumerate(rows) if any(row))
    return qr.read([row[quiet:-quiet] for row in rows[quiet:-quiet]])
