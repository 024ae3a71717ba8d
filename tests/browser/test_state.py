"""What the page knows and how that changes: pure functions, asked in a browser, without any page."""

import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.browser.conftest import Visitors
from tests.processes import ServerProcess

GOLDEN = {
    game["name"]: game["events"]
    for game in json.loads((Path(__file__).parents[1] / "golden" / "games.json").read_text())
}

AFTER = """async (log) => {
  const states = await import("/static/state.js");
  const { viewOf } = await import("/static/view.js");
  const received = states.received({ ...states.initialState, link: "live" }, log);
  const start = states.landedAt(received, log.length);
  %s
}"""


async def test_an_optimistic_move_stays_on_top_of_what_leaves_the_turn_alone(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A draw that is offered while my disc falls must not make it rise and fall again."""
    log = GOLDEN["a draw declined, then resigned"][:2]
    one, two = log[1]["data"]["player_one"], log[1]["data"]["player_two"]
    offered = {"version": 3, "type": "DrawOffered", "data": {"player": two}, "at": ""}
    moved = {"version": 4, "type": "MoveMade", "data": {"player": one, "column": "D"}, "at": ""}

    seen = await _after(
        visitors,
        server,
        log,
        f"""
        let state = states.moved({{ ...start, me: {json.dumps(one)} }}, "D", ["first"]);
        const cells = () => states.movesOf(state, states.shownVersion(state)).map(({{ cell }}) => cell);
        const seen = [[cells(), state.optimistic?.event.version ?? null]];
        for (const event of [{json.dumps(offered)}, {json.dumps(moved)}]) {{
          state = states.received(state, [event]);
          seen.push([cells(), state.optimistic?.event.version ?? null]);
        }}
        return seen;
        """,
    )

    assert seen == [[["D1"], 3], [["D1"], 4], [["D1"], None]]


async def test_a_move_is_optimistic_in_a_game_with_a_clock_as_well(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Only the server knows what a move took; the disc does not wait for that."""
    log = GOLDEN["a clock in a game that is won"][:4]
    me = log[1]["data"]["player_one"]

    cells = await _after(
        visitors,
        server,
        log,
        f"""
        const state = states.moved({{ ...start, me: {json.dumps(me)} }}, "G", ["first"]);
        return states.movesOf(state, states.shownVersion(state)).map(({{ cell }}) => cell);
        """,
    )

    assert cells[-1] == "G1"


async def test_one_of_two_racing_commands_may_be_refused_without_taking_the_move_back(
    visitors: Visitors, server: ServerProcess
) -> None:
    """The move is mine as long as one of its commands may still win; both refused, it is gone."""
    log = GOLDEN["barely begun"][:2]
    me = log[1]["data"]["player_one"]

    left = await _after(
        visitors,
        server,
        log,
        f"""
        let state = states.moved({{ ...start, me: {json.dumps(me)} }}, "D", ["one", "two"]);
        const refusal = (id) => ({{ command: {{ id, expected_version: 2 }}, version: 2, events: [] }});
        const left = [];
        for (const id of ["two", "one"]) {{
          state = states.refused(state, refusal(id));
          left.push([state.optimistic?.commands ?? null, states.lostRace(state, refusal(id))]);
        }}
        return left;
        """,
    )

    assert left == [[["one"], False], [None, False]]


async def test_the_headline_is_of_what_has_landed_and_the_board_of_what_has_happened(
    visitors: Visitors, server: ServerProcess
) -> None:
    """The two differ exactly while a disc is in the air."""
    log = GOLDEN["a vertical line by player one"]

    falling, landed = await _after(
        visitors,
        server,
        log,
        """
        const titles = [start.log.length - 2, start.log.length].map((version) => {
          const { title, board } = viewOf({ ...start, landed: version });
          return [title, board.discs.length];
        });
        return titles;
        """,
    )

    assert falling == ["Somebody to move", 7]
    assert landed == ["Somebody won", 7]


async def _after(visitors: Visitors, server: ServerProcess, log: list[dict[str, Any]], script: str) -> Any:
    page: Page = await visitors.open(server.url)
    return await page.evaluate(AFTER % script, log)
