"""The page's fold against the golden logs, which the server's fold is held against as well."""

import json
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.play import open_game
from tests.processes import ServerProcess

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "games.json").read_text())
ILLEGAL = json.loads((FOLDER / "illegal.json").read_text())

STATES = """async (events) => {
  const { evolve, initialGame, stateOf } = await import("/static/fold.js");
  let game = initialGame;
  return events.map((event) => stateOf((game = evolve(game, event))));
}"""

REFUSED_AT = """async (logs) => {
  const { evolve, initialGame } = await import("/static/fold.js");
  const refused = (events) => {
    let game = initialGame;
    for (const event of events) {
      try {
        game = evolve(game, event);
      } catch {
        return event.version;
      }
    }
    return null;
  };
  return logs.map(refused);
}"""

REMAINING = """async ([events, player, now]) => {
  const { fold, remainingMs } = await import("/static/fold.js");
  return remainingMs(fold(events), player, Date.parse(now));
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


async def test_the_page_refuses_every_illegal_log_where_the_server_does(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A damaged log is seen by everybody at the same event, and shown by nobody as if it were a game."""
    page = await visitors.open(server.url)

    refused_at = await page.evaluate(REFUSED_AT, [log["events"] for log in ILLEGAL])

    assert {log["name"]: at for log, at in zip(ILLEGAL, refused_at, strict=True)} == {
        log["name"]: log["refused_at"] for log in ILLEGAL
    }


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


async def test_what_is_left_on_a_clock_is_counted_by_the_servers_time(
    visitors: Visitors, server: ServerProcess
) -> None:
    """The page passes the time of the server in, so a browser's clock may be wrong by hours."""
    page = await visitors.open(server.url)
    game = next(each for each in GOLDEN if each["name"] == "the time of player one runs out")
    red, yellow = game["states"][-1]["player_one"], game["states"][-1]["player_two"]

    async def left(events: int, player: str, now: str) -> object:
        return await page.evaluate(REMAINING, [game["events"][:events], player, now])

    assert await left(2, red, "2026-11-23T09:00:00Z") == 10_000, "nobody's clock runs before each side has moved"
    assert await left(3, yellow, "2026-11-23T09:00:00Z") == 10_000
    assert await left(4, red, "2026-11-23T08:00:04.500Z") == 9_500, "the last move was recorded half a second ago"
    assert await left(4, yellow, "2026-11-23T08:00:04.500Z") == 10_000
    assert await left(4, red, "2026-11-23T07:00:00Z") == 10_000, "never more than there is"
    assert await left(4, red, "2026-11-23T09:00:00Z") == 0, "and never less than nothing"
    assert await left(7, red, "2026-11-23T09:00:00Z") == 0
    assert await left(7, yellow, "2026-11-23T09:00:00Z") == 1


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
