"""Looking back: the whole of a game, at any time, without losing what goes on."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.match import Match
from tests.browser.play import board_of, drop, my_turn, play, see_moves, two_players
from tests.processes import ServerProcess

GAME = "DDCEECFBGADC"
FALL_IN_MS = 2_000


async def test_every_way_through_the_moves_leads_to_the_same_board(
    visitors: Visitors, server: ServerProcess
) -> None:
    """The move list, the arrows, Home and End, the buttons and the scrubber are one control."""
    match = await Match.begin(server.url, GAME)
    eve = await visitors.open(match.url)
    await see_moves(eve, 12)
    boards = {12: await board_of(eve)}
    for ply in range(11, -1, -1):
        await eve.keyboard.press("ArrowLeft")
        await _at_move(eve, ply, 12)
        boards[ply] = await board_of(eve)
    assert len({tuple(board) for board in boards.values()}) == 13

    await eve.get_by_role("button", name="Move 7: red, F1").click()
    await _at_move(eve, 7, 12)
    assert await board_of(eve) == boards[7]
    await expect(eve.get_by_role("button", name="Move 7: red, F1")).to_have_attribute("aria-current", "step")
    await eve.get_by_role("button", name="One move back").click()
    assert await board_of(eve) == boards[6]
    await eve.get_by_role("button", name="One move forward").click()
    assert await board_of(eve) == boards[7]
    await eve.keyboard.press("Home")
    assert await board_of(eve) == boards[0]
    await eve.get_by_role("slider", name="Position in the game").fill("5")
    await _at_move(eve, 5, 12)
    assert await board_of(eve) == boards[5]
    await eve.keyboard.press("End")
    await expect(eve.get_by_text("Live", exact=True)).to_be_visible()
    assert await board_of(eve) == boards[12]


async def test_a_click_on_a_disc_asks_when_it_fell(visitors: Visitors, server: ServerProcess) -> None:
    """The board answers as well as the list does, where no move is to be made on it."""
    match = await Match.begin(server.url, GAME)
    eve = await visitors.open(match.url)
    await see_moves(eve, 12)

    await eve.locator(".disc[data-cell=D2]").click()

    await _at_move(eve, 2, 12)
    await expect(eve.locator(".mark.last")).to_have_attribute("data-cell", "D2")


async def test_the_address_names_the_move_and_back_and_forward_work(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A link to the very move one talks about; a walk of small steps is one step of the browser."""
    match = await Match.begin(server.url, GAME)
    eve = await visitors.open(f"{match.url}#7")
    await _at_move(eve, 7, 12)
    seventh = await board_of(eve)

    await eve.get_by_role("button", name="Move 3: red, C1").click()
    await expect(eve).to_have_url(f"{match.url}#3")
    for _ in range(2):
        await eve.keyboard.press("ArrowRight")
    await expect(eve).to_have_url(f"{match.url}#5")
    await eve.get_by_role("button", name="Back to live").click()
    await expect(eve).to_have_url(match.url)

    await eve.go_back()
    await _at_move(eve, 5, 12)
    await eve.go_back()
    await _at_move(eve, 3, 12)
    await eve.go_back()
    await _at_move(eve, 7, 12)
    assert await board_of(eve) == seventh
    await eve.go_forward()
    await _at_move(eve, 3, 12)


async def test_discs_fall_forward_and_rise_backward(visitors: Visitors, server: ServerProcess) -> None:
    """Time has a direction that one sees."""
    page = await visitors.open(f"{server.url}/replay/4453#2")
    await _at_move(page, 2, 4)

    falls = await page.evaluate(_pressing("ArrowRight", ".disc"))
    rises = await page.evaluate(_pressing("ArrowLeft", ".rising"))

    assert falls == ["E1"]
    assert rises == ["E1"]


async def test_a_late_spectator_sees_the_game_fall_in_and_glides_into_live(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Nobody is thrown into the middle of a game: all of it passes by within two seconds, in its order."""
    match = await Match.begin(server.url, GAME)
    eve = await visitors.open(
        match.url,
        scripts=(
            """window.falls = []; const animate = Element.prototype.animate;
            Element.prototype.animate = function (frames, options) {
              if (this.matches(".disc")) window.falls.push([this.dataset.cell, options.delay + options.duration]);
              return animate.call(this, frames, options);
            };""",
        ),
    )
    await see_moves(eve, 12)
    falls = await eve.evaluate("window.falls")
    ends = [end for _, end in falls]

    assert [cell for cell, _ in falls] == ["D1", "D2", "C1", "E1", "E2", "C2", "F1", "B1", "G1", "A1", "D3", "C3"]
    assert max(ends) <= FALL_IN_MS

    await match.play("D")
    await see_moves(eve, 13)
    await expect(eve.locator(".mark.last")).to_have_attribute("data-cell", "D4")


async def test_a_player_who_comes_back_has_the_board_at_once(visitors: Visitors, server: ServerProcess) -> None:
    """It may be their turn, and a clock may run: no show for those who play."""
    ann, bob = await two_players(visitors, server.url)
    await play(ann, bob, "DEDE")

    await ann.reload()
    await my_turn(ann)
    await see_moves(ann, 4)

    assert await ann.locator(".discs").evaluate("(discs) => discs.getAnimations({ subtree: true }).length") == 0


async def test_nothing_yanks_a_viewer_who_looks_back(visitors: Visitors, server: ServerProcess) -> None:
    """The game goes on, and the page says how far; the board, the list and the address stay."""
    match = await Match.begin(server.url, GAME[:6])
    eve = await visitors.open(match.url)
    await see_moves(eve, 6)
    await eve.get_by_role("button", name="Move 4: yellow, E1").click()
    await expect(eve.get_by_text("Move 4 of 6 · 2 behind")).to_be_visible()
    before = await board_of(eve)

    await match.play(GAME[6:9])

    await expect(eve.get_by_text("Move 4 of 9 · 5 behind")).to_be_visible()
    assert await board_of(eve) == before
    await expect(eve).to_have_url(f"{match.url}#4")
    await eve.keyboard.press("Escape")
    await see_moves(eve, 9)
    await match.play(GAME[9])
    await see_moves(eve, 10)


async def test_a_live_game_can_be_paused_and_goes_on_from_there_by_itself(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Somebody comes to the door; the game waits for the viewer, and is caught up with, move by move."""
    match = await Match.begin(server.url, "DE")
    eve = await visitors.open(match.url)
    await see_moves(eve, 2)

    await eve.get_by_role("button", name="Pause").click()
    await match.play("DEC")
    await expect(eve.get_by_text("Move 2 of 5 · 3 behind")).to_be_visible()
    await expect(eve.locator(".discs .disc")).to_have_count(2)

    await eve.get_by_role("button", name="Play").click()
    await _at_move(eve, 3, 5)
    await _at_move(eve, 4, 5)
    await expect(eve.get_by_text("Live", exact=True)).to_be_visible()
    await see_moves(eve, 5)


async def test_a_player_looks_back_without_a_slip_and_returns_with_one_key(
    visitors: Visitors, server: ServerProcess
) -> None:
    """On an old position no move can be made; the headline still says that it is my turn."""
    ann, bob = await two_players(visitors, server.url)
    await play(ann, bob, "DE")
    await my_turn(ann)

    await ann.keyboard.press(",")
    await _at_move(ann, 1, 2)
    await expect(ann.get_by_role("button", name=re.compile("column"))).to_have_count(0)
    await ann.keyboard.press("4")
    await expect(ann.get_by_role("heading", name="Your turn")).to_be_visible()
    await expect(bob.get_by_test_id("moves").locator("li")).to_have_count(2)

    await ann.keyboard.press("Escape")
    await drop(ann, "D")
    await see_moves(bob, 3)


async def test_the_focus_stays_in_the_list_while_one_walks_along_it(
    visitors: Visitors, server: ServerProcess
) -> None:
    """The list is one tab stop, and the arrows move its focus as they move the board."""
    match = await Match.begin(server.url, GAME)
    eve = await visitors.open(match.url)
    await see_moves(eve, 12)
    await eve.get_by_role("button", name="Move 5: red, E2").click()

    await eve.keyboard.press("ArrowLeft")

    await expect(eve.get_by_role("button", name="Move 4: yellow, E1")).to_be_focused()
    assert await eve.locator("#moves button[tabindex='0']").count() == 1


@pytest.mark.parametrize("fragment", ["#99", "#v999", "#x", "#-1", "#7.5"])
async def test_an_address_that_names_no_move_shows_the_game_as_it_is(
    visitors: Visitors, server: ServerProcess, fragment: str
) -> None:
    """A link is easily cut short, or longer than the game."""
    match = await Match.begin(server.url, "DDC")
    eve = await visitors.open(match.url + fragment)

    await see_moves(eve, 3)
    await expect(eve.get_by_text("Live", exact=True)).to_be_visible()


async def _at_move(page: Page, ply: int, moves: int) -> None:
    await expect(page.locator(".where")).to_contain_text(f"Move {ply} of {moves}")
    await expect(page.locator(".discs .disc")).to_have_count(ply)


def _pressing(key: str, selector: str) -> str:
    """A script that presses a key and says which discs move by it."""
    return f"""() => {{
      document.getAnimations().forEach((each) => each.finish());
      document.dispatchEvent(new KeyboardEvent("keydown", {{ key: "{key}", bubbles: true }}));
      const moving = document.querySelector(".discs").getAnimations({{ subtree: true }});
      const discs = moving.map((each) => each.effect.target).filter((disc) => disc.matches("{selector}"));
      return discs.map((disc) => disc.dataset.cell);
    }}"""
