"""The page's fold against the golden logs, which the server's fold is held against as well."""

import json
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.play import open_game
from tests.processes import ServerProcess

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "games.json").read_text())

STATES = """async (events) => {
  const { evolve, initialGame, stateOf } = await import("/static/fold.js");
  let game = initialGame;
  return events.map((event) => stateOf((game = evolve(game, event))));
}"""

REFUSAL = """async ([before, event]) => {
  const { evolve, fold, initialGame } = await import("/static/fold.js");
  const game = fold(before);
  try {
    return evolve(game, event) === game ? "unchanged" : "changed";
  } catch (error) {
    return error.name;
  }
}"""


async def test_the_page_folds_every_golden_log_as_the_server_does(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Two folds, two languages, one meaning: after every single event, not only at the end."""
    page = await visitors.open(server.url)

    for game in GOLDEN:
        assert await page.evaluate(STATES, game["events"]) == game["states"], game["name"]


async def test_the_fold_skips_what_it_saw_and_throws_at_what_cannot_be(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Resuming overlaps on purpose; a gap, an unknown event or an eighth token in a column is a broken log."""
    page = await visitors.open(server.url)
    game = next(each for each in GOLDEN if each["name"] == "barely begun")
    events = game["events"]
    one, two = game["states"][-1]["player_one"], game["states"][-1]["player_two"]
    begun = [
        {"version": 1, "type": "GameOpened", "data": {"opener": one, "color": "red", "public": True}, "at": ""},
        {"version": 2, "type": "GameStarted", "data": {"player_one": one, "player_two": two}, "at": ""},
    ]
    full = begun + [_move(3 + i, (one, two)[i % 2], "A") for i in range(6)]

    async def outcome(before: list[dict[str, object]], event: dict[str, object]) -> object:
        return await page.evaluate(REFUSAL, [before, event])

    assert await outcome(events, events[0]) == "unchanged"
    assert await outcome(begun, _move(4, one, "A")) == "GapError"
    assert await outcome(begun, {"version": 3, "type": "toString", "data": {}, "at": ""}) == "Error"
    assert await outcome(begun, _move(3, two, "A")) == "Error"
    assert await outcome(begun, _move(3, one, "H")) == "Error"
    assert await outcome(full, _move(9, one, "A")) == "Error"
    assert await outcome(begun, _move(3, one, "A")) == "changed"


async def test_the_log_beside_the_board_is_the_log(visitors: Visitors, server: ServerProcess) -> None:
    """What event sourcing is about, readable by everybody: version, type and facts of each event."""
    ann = await visitors.open(server.url)
    await open_game(ann, color="Either")
    await ann.get_by_role("tab", name="The log").click()

    entry = ann.get_by_test_id("log").get_by_role("listitem")

    await expect(entry).to_have_count(1)
    await expect(entry).to_contain_text("1GameOpened")
    await expect(entry).to_contain_text("color random")


def _move(version: int, player: str, column: str) -> dict[str, object]:
    return {"version": version, "type": "MoveMade", "data": {"player": player, "column": column}, "at": ""}
