"""The log beside the board: what event sourcing is, for everybody to see and to touch."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.match import Match
from tests.browser.play import RED_WINS_ON_A_SLANT, board_of, drop, my_turn, open_game, play, see_moves, two_players
from tests.processes import ServerProcess

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "games.json").read_text())

VERIFY = """async (log) => {
  const { fold, initialGame, stateOf } = await import("/static/fold.js");
  const { verify } = await import("/static/verify.js");
  let shown = stateOf(initialGame);
  try { shown = stateOf(fold(log)); } catch { /* the page would not have got there */ }
  return verify(log, shown).filter(({ holds }) => !holds).map(({ rule }) => rule);
}"""


async def test_each_event_says_who_did_what_and_when(visitors: Visitors, server: ServerProcess) -> None:
    """A log is a story, and should read like one."""
    match = await Match.begin(server.url, "DE")
    eve = await _reader(visitors, match.url)

    rows = eve.get_by_test_id("log").get_by_role("button")

    await expect(rows).to_have_count(4)
    for row, texts in enumerate(
        (
            ("1", "GameOpened", "Ann"),
            ("2", "GameStarted", "Bob"),
            ("3", "MoveMade", "Ann"),
            ("4", "MoveMade", "Bob"),
        )
    ):
        for text in texts:
            await expect(rows.nth(row)).to_contain_text(text)
    await expect(rows.nth(3)).to_contain_text("column E")
    await expect(rows.nth(3).locator("time")).to_contain_text("+")


async def test_an_event_leads_to_its_position_and_a_position_to_its_event(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Both directions: the board is what the events up to here add up to."""
    match = await Match.begin(server.url, "DEC")
    eve = await _reader(visitors, match.url)

    await _row(eve, 4).click()
    await expect(eve.locator(".discs .disc")).to_have_count(2)
    await expect(_row(eve, 4)).to_have_attribute("aria-expanded", "true")

    await eve.locator(".disc[data-cell=D1]").click()
    await expect(_row(eve, 3)).to_have_attribute("aria-expanded", "true")
    await eve.keyboard.press("ArrowDown")  # the board has no focus of its own: nothing happens
    await _row(eve, 3).focus()
    await eve.keyboard.press("ArrowUp")
    await expect(_row(eve, 2)).to_be_focused()
    await expect(_row(eve, 2)).to_have_attribute("aria-expanded", "true")
    await expect(eve.locator(".discs .disc")).to_have_count(0)
    await expect(eve).to_have_url(f"{match.url}#0")


async def test_a_version_that_is_no_move_has_an_address_as_well(visitors: Visitors, server: ServerProcess) -> None:
    """The opening is a moment of the game, too."""
    match = await Match.begin(server.url, "DEC")
    eve = await _reader(visitors, match.url)

    await _row(eve, 1).click()
    await expect(eve).to_have_url(f"{match.url}#v1")
    await eve.reload()

    await expect(_row(eve, 1)).to_have_attribute("aria-expanded", "true")
    await expect(eve.locator(".discs .disc")).to_have_count(0)


async def test_the_fold_is_shown_at_each_step(visitors: Visitors, server: ServerProcess) -> None:
    """The event as it came, and what `evolve` made of it: field by field, before and after."""
    match = await Match.begin(server.url, "DE")
    eve = await _reader(visitors, match.url)

    await _row(eve, 3).click()

    shown = eve.locator(".detail-of-event")
    recorded = json.loads((await match.log()).splitlines()[2])
    assert json.loads(await shown.locator("pre").inner_text()) == recorded
    changes = [" ".join((await each.inner_text()).split()) for each in await shown.locator("dl > div").all()]
    assert changes == ["version 2 → 3", "next_player Ann → Bob", "board D1 empty → red"]


async def test_a_live_row_flashes_as_its_disc_lands(visitors: Visitors, server: ServerProcess) -> None:
    """The eye is led from the board to the event that it is."""
    match = await Match.begin(server.url, "D")
    eve = await _reader(visitors, match.url)
    await eve.clock.install()
    await eve.clock.pause_at(await eve.evaluate("Date.now() + 1"))

    await match.play("E")
    await expect(_row(eve, 4)).to_be_visible()
    await expect(eve.locator("[data-fresh]")).to_have_count(0)
    await eve.clock.run_for(500)

    await expect(eve.locator("[data-fresh]")).to_have_count(1)
    await expect(eve.locator("[data-fresh]")).to_contain_text("column E")


async def test_a_race_shows_optimistic_concurrency_and_does_no_harm(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Two commands, one version: one of them is stored, the other one refused, and the game goes on."""
    ann, bob = await two_players(visitors, server.url)
    await ann.get_by_role("tab", name="The log").click()
    await ann.get_by_role("button", name="Race a move").click()
    await expect(ann.get_by_text("Your next move goes out as two commands")).to_be_visible()

    await drop(ann, "D")

    await expect(ann.get_by_role("alert")).to_contain_text("Two commands expected version 2. One was stored")
    refusal = ann.locator(".refusal")
    await expect(refusal).to_contain_text("make_move D, expected_version 2")
    await expect(refusal).to_contain_text("wrong_expected_version: nothing was stored")
    await see_moves(bob, 1)
    await see_moves(ann, 1)
    await expect(ann.get_by_role("button", name="Race a move")).to_have_attribute("aria-pressed", "false")
    await drop(bob, "E")
    await drop(ann, "D")
    await see_moves(bob, 3)
    await expect(ann.locator(".refusal")).to_have_count(1)


async def test_only_a_player_of_a_live_game_can_race(visitors: Visitors, server: ServerProcess) -> None:
    """An experiment on somebody else's game is none."""
    match = await Match.begin(server.url, RED_WINS_ON_A_SLANT)
    eve = await _reader(visitors, match.url)

    await expect(eve.get_by_role("button", name="Verify here")).to_be_visible()
    await expect(eve.get_by_role("button", name="Race a move")).to_have_count(0)


@pytest.mark.parametrize("columns", ["", "DEC", RED_WINS_ON_A_SLANT], ids=["begun", "live", "won"])
async def test_the_log_can_be_verified_by_whoever_reads_it(
    visitors: Visitors, server: ServerProcess, columns: str
) -> None:
    """Nobody has to believe the server: each rule is checked here, and the server is only the last witness."""
    match = await Match.begin(server.url, columns)
    eve = await _reader(visitors, match.url)

    await eve.get_by_role("button", name="Verify here").click()

    await expect(eve.locator(".checks .holds")).to_have_count(8)
    await expect(eve.locator(".checks .fails")).to_have_count(0)
    await expect(eve.locator(".checks")).to_contain_text("The server, folding on its own, says the same")


async def test_a_server_that_tells_another_state_is_found_out(visitors: Visitors, server: ServerProcess) -> None:
    """A witness that always agrees is none."""
    match = await Match.begin(server.url, "DEC")
    eve = await _reader(visitors, match.url)
    state = await (await eve.request.get(match.url.replace("/games/", "/api/games/"))).json()
    state["board"][5] = "RRYYRR."
    await eve.route("**/api/games/*", lambda route: route.fulfill(json=state))

    await eve.get_by_role("button", name="Verify here").click()

    await expect(eve.locator(".checks .fails")).to_have_count(1)
    await expect(eve.locator(".checks .fails")).to_contain_text("The server, folding on its own")


async def test_the_verification_passes_every_golden_log_and_sees_each_kind_of_forgery(
    visitors: Visitors, server: ServerProcess
) -> None:
    """One forgery for each rule, each made from a log that is right."""
    page = await visitors.open(server.url)

    async def broken(log: list[dict[str, Any]]) -> str:
        return " / ".join(await page.evaluate(VERIFY, log))

    for game in GOLDEN:
        assert await broken(game["events"]) == "", game["name"]

    won = next(game["events"] for game in GOLDEN if game["name"] == "a vertical line by player one")
    assert "Versions" in await broken([*won[:4], *won[5:]])
    assert "Time" in await broken(_changed(won, 4, at="2020-01-01T00:00:00.000Z"))
    assert "opened and started once" in await broken([*won, {**won[-1], "version": len(won) + 1}])
    assert "turns" in await broken(_changed(won, 4, data={"player": "b2", "column": "A"}))
    assert "room" in await broken(_changed(won, 4, data={"player": "a1", "column": "H"}))
    assert "four in a row" in await broken(_changed(won, 9, data={"result": "TIED", "reason": "BOARD_FULL"}))
    assert "has four in a row" in await broken(won[:-1])


async def test_what_was_verified_is_not_claimed_for_later_events(visitors: Visitors, server: ServerProcess) -> None:
    """A tick stands for the log that was checked, and goes with the next event."""
    match = await Match.begin(server.url, "DE")
    eve = await _reader(visitors, match.url)
    await eve.get_by_role("button", name="Verify here").click()
    await expect(eve.locator(".checks .holds")).to_have_count(8)

    await match.play("C")

    await expect(eve.locator(".checks")).to_be_hidden()


async def test_the_log_follows_a_player_who_plays(visitors: Visitors, server: ServerProcess) -> None:
    """The newest event is open while one follows the game, and the board stays playable."""
    ann, bob = await two_players(visitors, server.url)
    await ann.get_by_role("tab", name="The log").click()

    await play(ann, bob, "DE")

    await expect(_row(ann, 4)).to_have_attribute("aria-expanded", "true")
    await my_turn(ann)
    assert await board_of(ann) == await board_of(bob)


async def test_whoever_reads_further_up_in_the_log_is_left_there(visitors: Visitors, server: ServerProcess) -> None:
    """The log follows the game only as long as its end is looked at."""
    match = await Match.begin(server.url, "DDCEECFB")
    eve = await _reader(visitors, match.url)
    scroll = "(log) => log.closest('.scrolls').scrollTop"
    log = eve.get_by_test_id("log")
    await expect(_row(eve, 10)).to_be_in_viewport()
    await match.play("G")
    await expect(_row(eve, 11)).to_be_in_viewport()

    await log.evaluate("(log) => { log.closest('.scrolls').scrollTop = 0; }")
    await match.play("A")

    await expect(_row(eve, 12)).to_have_attribute("aria-expanded", "true")
    assert await log.evaluate(scroll) == 0


async def test_the_choice_of_the_log_is_remembered(visitors: Visitors, server: ServerProcess) -> None:
    """Who came to read the log does not have to ask for it in each game."""
    ann = await visitors.open(server.url)
    await open_game(ann)
    await ann.get_by_role("tab", name="Moves").focus()
    await ann.keyboard.press("ArrowRight")
    await expect(ann.get_by_role("tab", name="The log")).to_be_focused()

    await ann.reload()

    await expect(ann.get_by_role("tab", name="The log")).to_have_attribute("aria-selected", "true")
    await expect(ann.get_by_test_id("log")).to_be_visible()


async def _reader(visitors: Visitors, url: str) -> Page:
    page = await visitors.open(url)
    await page.get_by_role("tab", name="The log").click()
    await expect(_row(page, 1)).to_be_visible()
    return page


def _row(page: Page, version: int) -> Any:
    return page.locator(f"#log button[data-version='{version}']")


def _changed(log: list[dict[str, Any]], index: int, **fields: Any) -> list[dict[str, Any]]:
    return [*log[:index], {**log[index], **fields}, *log[index + 1 :]]
