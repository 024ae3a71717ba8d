"""What happens to the page when the connection, the server or the tab goes away, and comes back."""

import json
from collections.abc import Callable

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.conftest import LOST_CONNECTION, Visitors
from tests.browser.play import board_of, drop, my_turn, play, see_moves, two_players
from tests.processes import ServerProcess

BANNER = "Connection lost"
COME_BACK = 1012

WATCH_RISING = """() => {
  window.risen = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target.matches(".rising")) window.risen.push(target.dataset.cell);
  }).observe(document.querySelector(".discs"), { subtree: true, attributeFilter: ["class"] });
}"""


async def test_a_reload_comes_back_to_the_same_board(visitors: Visitors, server: ServerProcess) -> None:
    """The page holds nothing that the log does not hold."""
    ann, bob = await two_players(visitors, server.url)
    await play(ann, bob, "DEC")
    before = await board_of(ann)

    await ann.reload()

    await see_moves(ann, 3)
    assert await board_of(ann) == before
    await drop(bob, "A")
    await my_turn(ann)


async def test_the_way_back_in_the_history_leads_to_a_living_board(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A page from the back/forward cache wakes up with a dead socket, and must notice."""
    ann, bob = await two_players(visitors, server.url)
    await drop(ann, "D")
    await my_turn(bob)
    await ann.goto(server.url)
    await drop(bob, "D")

    await ann.go_back()

    await see_moves(ann, 2)
    await my_turn(ann)


async def test_two_tabs_on_one_seat_stay_in_step(visitors: Visitors, server: ServerProcess) -> None:
    """A move made in one tab is a move in the other one, too."""
    ann, bob = await two_players(visitors, server.url)
    second = await visitors.watched(await ann.context.new_page())
    await second.goto(ann.url)
    await my_turn(second)

    await drop(second, "D")
    await drop(bob, "E")
    await drop(ann, "D")

    for tab in (ann, second):
        await see_moves(tab, 3)
    assert await board_of(ann) == await board_of(second)


@pytest.mark.parametrize("end", [ServerProcess.terminate, ServerProcess.kill], ids=["SIGTERM", "SIGKILL"])
async def test_a_game_goes_on_where_it_was_after_the_server_came_back(
    visitors: Visitors, mortal_server: ServerProcess, end: Callable[[ServerProcess], object]
) -> None:
    """Both see within two seconds that it is gone, neither can move, and both go on by themselves."""
    visitors.forgive(LOST_CONNECTION)
    ann, bob = await two_players(visitors, mortal_server.url)
    await play(ann, bob, "DEC")

    end(mortal_server)
    for page in (ann, bob):
        await expect(page.get_by_text(BANNER)).to_be_visible(timeout=2_000)
        await expect(page.locator(".column[aria-disabled=true]")).to_have_count(7)
    await bob.get_by_role("button", name="Column A").click(force=True)
    await expect(bob.get_by_role("alert")).to_contain_text("Not connected: the move was not made.")
    await expect(bob.get_by_role("alert")).to_be_visible()
    await expect(bob.locator(".discs .disc")).to_have_count(3)

    mortal_server.start()
    await drop(bob, "A")
    await drop(ann, "A")

    for page in (ann, bob):
        await see_moves(page, 5)
        await expect(page.get_by_text(BANNER)).to_be_hidden()


async def test_a_refused_move_is_taken_back_with_a_reason_and_the_page_is_healed(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A tab that missed moves shows mine at once, then must admit the truth without a reload."""
    ann, bob = await two_players(visitors, server.url)
    stale = await visitors.watched(await ann.context.new_page())
    await _route(stale, to_page=lambda frame, seen: frame["type"] != "events" or seen == 0)
    await stale.goto(ann.url)
    await my_turn(stale)
    await play(ann, bob, "DC")
    await stale.evaluate(WATCH_RISING)

    await stale.get_by_role("button", name="Drop in column E").click()

    await expect(stale.get_by_role("alert")).to_contain_text("taken back")
    assert await stale.evaluate("window.risen") == ["E1"]
    await see_moves(stale, 2)
    assert await board_of(stale) == await board_of(ann)
    await my_turn(stale)


async def test_a_move_without_an_answer_is_sent_again_under_its_own_id(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Nobody knows whether it arrived. The same id makes asking again harmless: one move, not two."""
    ann, bob = await two_players(visitors, server.url)
    sent: list[dict[str, object]] = []
    sockets: list[WebSocketRoute] = []

    def cut_at_the_answer(frame: dict[str, object], _: int) -> bool:
        moved = any(frame["type"] == "make_move" for frame in sent)
        return len(sockets) > 1 or not moved or frame["type"] not in ("accepted", "events")

    await _route(ann, to_page=cut_at_the_answer, sent=sent, sockets=sockets)
    await ann.reload()
    await drop(ann, "D")
    await see_moves(bob, 1)

    await sockets[0].close(code=COME_BACK)

    await see_moves(ann, 1)
    await drop(bob, "D")
    await my_turn(ann)
    moves = [frame for frame in sent if frame["type"] == "make_move"]
    assert len(moves) == 2
    assert moves[0] == moves[1]
    await see_moves(bob, 2)


async def test_a_silent_connection_is_found_out_when_the_network_changes(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A dead cable says nothing; only an unanswered question shows it."""
    ann, bob = await two_players(visitors, server.url)
    sockets: list[WebSocketRoute] = []
    dead = [False]
    await _route(ann, to_page=lambda _, __: len(sockets) > 1 or not dead[0], sockets=sockets)
    await ann.reload()
    await drop(ann, "D")
    await my_turn(bob)
    dead[0] = True
    await drop(bob, "E")

    await ann.evaluate("dispatchEvent(new Event('offline'))")

    await my_turn(ann)
    await see_moves(ann, 2)
    assert len(sockets) == 2


async def test_a_policy_violation_is_told_and_not_repeated(visitors: Visitors, server: ServerProcess) -> None:
    """A page that was sent away must not hammer at the door."""
    ann, _ = await two_players(visitors, server.url)
    sockets: list[WebSocketRoute] = []
    await _route(ann, to_page=lambda _, __: True, sockets=sockets)
    await ann.reload()
    await my_turn(ann)

    await sockets[0].close(code=1008)

    await expect(ann.get_by_text("Reload the page to go on")).to_be_visible()
    await ann.evaluate("dispatchEvent(new Event('online'))")
    assert len(sockets) == 1


async def test_an_unknown_message_is_shown_and_not_swallowed(visitors: Visitors, server: ServerProcess) -> None:
    """Silence would look like a board that stopped."""
    visitors.forgive("does not know the message")
    ann, _ = await two_players(visitors, server.url)
    sockets: list[WebSocketRoute] = []
    await _route(ann, to_page=lambda _, __: True, sockets=sockets)
    await ann.reload()
    await my_turn(ann)

    sockets[0].send('{"type":"surprise"}')

    await expect(ann.get_by_role("alert")).to_contain_text("does not know the message surprise")


async def _route(
    page: Page,
    *,
    to_page: Callable[[dict[str, object], int], bool],
    sent: list[dict[str, object]] | None = None,
    sockets: list[WebSocketRoute] | None = None,
) -> None:
    """Stand between page and server: pass on what `to_page` lets through; it gets the frame and how many it let."""

    def connect(route: WebSocketRoute) -> None:
        if sockets is not None:
            sockets.append(route)
        upstream = route.connect_to_server()
        passed: dict[object, int] = {}

        def down(message: str | bytes) -> None:
            frame = json.loads(message)
            if to_page(frame, passed.get(frame["type"], 0)):
                passed[frame["type"]] = passed.get(frame["type"], 0) + 1
                route.send(message)

        def up(message: str | bytes) -> None:
            if sent is not None:
                sent.append(json.loads(message))
            upstream.send(message)

        upstream.on_message(down)
        route.on_message(up)

    await page.route_web_socket("**/ws", connect)
