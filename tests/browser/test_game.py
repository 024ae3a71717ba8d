"""A whole game as its three kinds of people see it."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.play import (
    RED_WINS_ON_A_SLANT,
    RED_WINS_UP_A,
    board_of,
    drop,
    frames_sent,
    join,
    my_turn,
    open_game,
    play,
    see_moves,
    two_players,
)
from tests.processes import ServerProcess

COUNT_FALLS = """window.falls = 0; const animate = Element.prototype.animate;
Element.prototype.animate = function (...a) {
  window.falls += this.matches(".disc");
  return animate.apply(this, a);
};"""


async def test_two_people_play_to_the_end_while_a_third_watches(visitors: Visitors, server: ServerProcess) -> None:
    """The reason for all of it: three browsers, one log, one board."""
    ann, bob = await two_players(visitors, server.url)
    eve = await visitors.open(ann.url)

    await play(ann, bob, RED_WINS_ON_A_SLANT)

    await see_moves(eve, len(RED_WINS_ON_A_SLANT))
    for page, title in ((ann, "You won"), (bob, "Ann won"), (eve, "Ann won")):
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        assert await board_of(page) == await board_of(ann)


async def test_a_win_is_told_in_words_and_marked_on_the_board(visitors: Visitors, server: ServerProcess) -> None:
    """Who can't see the line reads it, and who can't read it sees it."""
    ann, bob = await two_players(visitors, server.url)

    await play(ann, bob, RED_WINS_ON_A_SLANT)

    await expect(bob.get_by_text("Four in a row: C1, D2, E3 and F4.", exact=True)).to_be_visible()
    await expect(bob.locator(".mark.winning")).to_have_count(4)


async def test_the_first_move_is_two_clicks_from_the_landing_page(
    visitors: Visitors, server: ServerProcess
) -> None:
    """One click takes an open seat, the next one drops a token: no sign-up, no name, no dialog."""
    ann = await visitors.open(server.url)
    await open_game(ann, "Ann the opener", "Yellow")
    bob = await visitors.open(server.url)
    row = bob.get_by_test_id("open-games").get_by_role("listitem").filter(has_text="Ann the opener")

    await row.get_by_role("button", name="Play").click()
    await bob.get_by_role("button", name="Drop in column D").click()

    await see_moves(ann, 1)


async def test_the_opener_moves_with_the_second_click(visitors: Visitors, server: ServerProcess) -> None:
    """The same from the other side: one click opens the game, and the next one is a move."""
    ann = await visitors.open(server.url)
    await ann.get_by_role("button", name="New game").click()
    await expect(ann.get_by_role("heading", name="Invite someone")).to_be_visible()
    bob = await visitors.open(ann.url)
    await join(bob)
    first = ann if await ann.get_by_role("heading", name="Your turn").is_visible() else bob

    await first.get_by_role("button", name="Drop in column D").click()

    await see_moves(ann, 1)


async def test_the_link_to_copy_is_the_address_of_the_page(visitors: Visitors, server: ServerProcess) -> None:
    """A link that leads elsewhere would be found out by the friend who waits there."""
    ann = await visitors.open(server.url, permissions=["clipboard-read", "clipboard-write"])
    url = await open_game(ann)

    await ann.get_by_role("button", name="Copy link").click()

    await expect(ann.get_by_role("button", name="Copied")).to_be_visible()
    assert await ann.evaluate("navigator.clipboard.readText()") == url
    assert await ann.get_by_label("Link to this game").input_value() == url


async def test_a_spectator_has_no_columns_and_no_controls(visitors: Visitors, server: ServerProcess) -> None:
    """What can't be done is not offered."""
    ann, bob = await two_players(visitors, server.url)
    await play(ann, bob, "DE")
    eve = await visitors.open(ann.url)

    await see_moves(eve, 2)

    await expect(eve.get_by_text("You are watching.")).to_be_visible()
    await expect(eve.get_by_role("button", name=re.compile("column|resign", re.IGNORECASE))).to_have_count(0)


async def test_a_name_is_text_and_never_markup(visitors: Visitors, server: ServerProcess) -> None:
    """The oldest attack of all, in the lobby, at the board and in the log."""
    name = "<img src=x onerror=alert(1)>"
    ann = await visitors.open(server.url)
    url = await open_game(ann, name)

    eve = await visitors.open(server.url)
    await expect(eve.get_by_test_id("open-games").get_by_text(name).first).to_be_visible()
    await eve.goto(url)
    await eve.get_by_role("tab", name="The log").click()

    await expect(eve.get_by_test_id("log").get_by_text(name)).to_be_visible()
    await expect(eve.locator(".seat-name").get_by_text(name)).to_be_visible()
    assert await eve.locator("img").count() == 0


async def test_a_full_column_is_refused_here_and_nothing_is_sent(visitors: Visitors, server: ServerProcess) -> None:
    """The page knows the board; a journey to the server would only delay the answer."""
    ann, bob = await two_players(visitors, server.url)
    sent = await frames_sent(ann)
    await ann.reload()
    await play(ann, bob, "AAAAAA")
    before = len(sent)

    await ann.get_by_role("button", name="Drop in column A, full").click()

    await expect(ann.get_by_role("alert")).to_contain_text("Column A is full")
    await see_moves(ann, 6)
    assert before > 0
    assert len(sent) == before


async def test_a_message_can_be_dismissed_and_never_covers_the_board(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A message is help, not an obstacle."""
    ann, bob = await two_players(visitors, server.url)
    await drop(ann, "D")
    await my_turn(bob)
    await ann.get_by_role("button", name="Column C, 0 of 6 filled").click(force=True)
    alert = ann.get_by_role("alert")
    await expect(alert).to_contain_text("not your turn")

    message, board = await alert.bounding_box(), await ann.get_by_test_id("board").bounding_box()
    assert message
    assert board
    assert message["y"] + message["height"] <= board["y"]

    await ann.get_by_role("button", name="Dismiss").click()
    await expect(alert).to_have_text("")


async def test_a_message_stays_for_five_seconds_and_goes_by_itself(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Long enough to be read, and no longer than it is true."""
    ann, bob = await two_players(visitors, server.url)
    await drop(ann, "D")
    await my_turn(bob)
    await ann.clock.install()
    await ann.get_by_role("button", name="Column C, 0 of 6 filled").click(force=True)
    alert = ann.get_by_role("alert")
    await expect(alert).to_contain_text("not your turn")

    await ann.clock.run_for(5_000)
    await expect(alert).to_contain_text("not your turn")
    await ann.clock.run_for(5_000)

    await expect(alert).to_have_text("")


async def test_the_page_says_in_words_whose_turn_it_is_and_what_i_play(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Never by colour alone, and for all three kinds of people."""
    ann, bob = await two_players(visitors, server.url)
    eve = await visitors.open(ann.url)

    for page, title, detail in (
        (ann, "Your turn", "You play red."),
        (bob, "Ann to move", "You play yellow."),
        (eve, "Ann to move", "You are watching. It is red to move."),
    ):
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        await expect(page.locator("#detail")).to_have_text(detail)


async def test_resigning_takes_two_steps_and_can_be_thought_better_of(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A slip of the finger must not lose a game, and no dialog of the browser may hide the board."""
    ann, bob = await two_players(visitors, server.url)

    await ann.get_by_role("button", name="Resign").dblclick()
    await my_turn(ann)
    await ann.get_by_role("button", name="Resign").click()
    await ann.get_by_role("button", name="Keep playing").click()
    await my_turn(ann)
    await ann.get_by_role("button", name="Resign").click()
    await ann.get_by_role("button", name="Yes, resign").click()

    await expect(bob.get_by_role("heading", name="You won")).to_be_visible()
    await expect(bob.get_by_text("By resignation.", exact=True)).to_be_visible()


async def test_my_disc_is_on_the_board_before_the_click_is_over_and_falls_once(
    visitors: Visitors, server: ServerProcess
) -> None:
    """It must feel like a thing, not like a request; the real event then changes nothing that moves."""
    ann, bob = await two_players(visitors, server.url, scripts=(COUNT_FALLS,))

    at_once = await ann.evaluate(
        "() => { document.querySelector('[data-column=D]').click(); "
        "return document.querySelectorAll('.discs .disc').length; }"
    )
    await see_moves(bob, 1)
    await see_moves(ann, 1)

    assert at_once == 1
    assert await ann.evaluate("window.falls") == 1
    assert await bob.evaluate("window.falls") == 1


async def test_the_fall_takes_at_most_half_a_second(visitors: Visitors, server: ServerProcess) -> None:
    """Gravity, not theatre."""
    ann, _ = await two_players(visitors, server.url)

    durations = await ann.evaluate(
        "() => { document.querySelector('[data-column=D]').click(); "
        "return document.getAnimations().filter(a => a.effect.target.matches('.disc'))"
        ".map(a => a.effect.getComputedTiming().endTime); }"
    )

    assert len(durations) == 1
    assert 0 < durations[0] <= 500


async def test_nothing_falls_for_those_who_asked_for_less_motion(visitors: Visitors, server: ServerProcess) -> None:
    """A wish of the system that every page should honour."""
    ann, bob = await two_players(visitors, server.url, reduced_motion="reduce", scripts=(COUNT_FALLS,))

    await play(ann, bob, RED_WINS_UP_A)

    assert await ann.evaluate("[window.falls, document.getAnimations().length]") == [0, 0]


async def test_the_ghost_shows_the_landing_cell_on_my_turn_only(visitors: Visitors, server: ServerProcess) -> None:
    """It answers "where would it land?", a question one has only when it is one's turn."""
    ann, bob = await two_players(visitors, server.url)
    for page in (ann, bob):
        await page.locator("[data-column=D]").hover(force=True)

    await expect(ann.locator(".ghost")).to_have_attribute("data-cell", "D1")
    await expect(bob.locator(".ghost")).to_have_count(0)

    await drop(ann, "D")

    await expect(bob.locator(".ghost")).to_have_attribute("data-cell", "D2")
    await expect(ann.locator(".ghost")).to_have_count(0)
    await expect(ann.locator(".mark.last")).to_have_attribute("data-cell", "D1")


async def test_the_tab_calls_when_it_is_my_turn_and_i_look_elsewhere(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Somebody who waits reads something else meanwhile."""
    elsewhere = "document.hasFocus = () => false;"
    ann, bob = await two_players(visitors, server.url, scripts=(elsewhere,))

    await expect(ann).to_have_title("● Your turn · Fourfold")
    await expect(ann.locator("link[rel=icon]")).to_have_attribute("href", "/static/favicon-turn.svg")
    await expect(bob).to_have_title("Ann to move · Fourfold")


async def test_an_unknown_game_is_told_kindly(visitors: Visitors, server: ServerProcess) -> None:
    """A link is easily cut short in a chat."""
    for game in ("nothinghere", "not%20an%20id"):
        page = await visitors.open(f"{server.url}/games/{game}")
        await expect(page.get_by_role("heading", name="No such game")).to_be_visible()
        await expect(page.get_by_role("link", name="To the start page", exact=True)).to_be_visible()
