"""Playing by keyboard, and by ear."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors
from tests.browser.play import (
    RED_WINS_UP_A,
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

FOCUSED_COLUMN = "document.activeElement.dataset.column"

HEAR = """addEventListener("DOMContentLoaded", () => {
  window.heard = [];
  const region = document.querySelector("[aria-live=polite]");
  const hear = () => window.heard.push(region.textContent);
  if (region) new MutationObserver(hear).observe(region, { childList: true });
});"""


async def test_a_whole_game_can_be_played_without_a_mouse(visitors: Visitors, server: ServerProcess) -> None:
    """From the landing page to the last move, with Tab, letters, digits, arrows and Enter."""
    ann = await visitors.open(server.url)
    await ann.get_by_label("Your name").focus()
    await ann.keyboard.type("Ann")
    await ann.keyboard.press("Enter")
    await expect(ann.get_by_role("heading", name="Invite someone")).to_be_visible()
    bob = await visitors.open(ann.url)
    await expect(bob.get_by_label("Your name")).to_be_visible()
    await bob.get_by_label("Your name").focus()
    await bob.keyboard.press("Enter")
    await expect(
        bob.get_by_role("heading", name="Your turn").or_(bob.get_by_role("heading", name="to move"))
    ).to_be_visible()
    first, second = (ann, bob) if await ann.get_by_role("heading", name="Your turn").is_visible() else (bob, ann)

    for round_ in range(4):
        await my_turn(first)
        await first.keyboard.press(("a", "1", "A", "1")[round_])
        if round_ < 3:
            await my_turn(second)
            await second.keyboard.press("ArrowRight" if round_ == 0 else "Home")
            await second.keyboard.press("Enter" if round_ == 0 else "g")

    await expect(first.get_by_role("heading", name="You won")).to_be_visible()
    await see_moves(second, 7)


async def test_the_board_is_one_tab_stop_and_the_arrows_walk_on_it(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Seven stops would stand between the player and everything behind the board."""
    ann, _ = await two_players(visitors, server.url)

    await ann.keyboard.press("ArrowLeft")
    assert await ann.evaluate(FOCUSED_COLUMN) == "D"
    await ann.keyboard.press("ArrowLeft")
    await ann.keyboard.press("ArrowLeft")
    assert await ann.evaluate(FOCUSED_COLUMN) == "B"
    await expect(ann.locator(".ghost")).to_have_attribute("data-cell", "B1")
    await ann.keyboard.press("End")
    assert await ann.evaluate(FOCUSED_COLUMN) == "G"

    await ann.keyboard.press("Tab")
    await expect(ann.get_by_role("button", name="Resign")).to_be_focused()
    await ann.keyboard.press("Shift+Tab")
    assert await ann.evaluate(FOCUSED_COLUMN) == "G"


async def test_letters_in_a_field_are_letters(visitors: Visitors, server: ServerProcess) -> None:
    """Who types a name in the second tab must not move in it."""
    ann = await visitors.open(server.url)
    bob = await visitors.open(await open_game(ann))
    field = bob.get_by_label("Your name")
    await expect(field).to_be_visible()

    await field.press_sequentially("Abe?")

    await expect(field).to_have_value("Abe?")
    await expect(bob.get_by_role("dialog")).to_be_hidden()


async def test_keys_with_a_modifier_belong_to_the_browser(visitors: Visitors, server: ServerProcess) -> None:
    """Ctrl+D is a bookmark, not a move."""
    ann, _ = await two_players(visitors, server.url)
    sent = await frames_sent(ann)
    await ann.reload()
    await my_turn(ann)
    watching = len(sent)

    await ann.evaluate(
        "for (const key of ['ctrlKey', 'metaKey', 'altKey']) "
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true, [key]: true }))"
    )

    await see_moves(ann, 0)
    assert len(sent) == watching


async def test_the_help_opens_with_a_question_mark_and_holds_the_keys(
    visitors: Visitors, server: ServerProcess
) -> None:
    """In the help, a letter is no move; Escape leads back."""
    ann, _ = await two_players(visitors, server.url)

    await ann.keyboard.press("?")
    dialog = ann.get_by_role("dialog", name="Keys and rules")
    await expect(dialog).to_be_visible()
    await ann.keyboard.press("d")
    await see_moves(ann, 0)

    await ann.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await ann.keyboard.press("d")
    await see_moves(ann, 1)


async def test_each_move_is_announced_once_and_a_replay_is_silent(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Who listens hears the game as it happens, and not the whole of it again after a reload."""
    ann = await visitors.open(server.url, scripts=(HEAR,))
    bob = await visitors.open(await open_game(ann))
    await join(bob)

    await play(ann, bob, RED_WINS_UP_A)

    heard = await _heard(ann)
    moves = [line for line in heard if "dropped" in line]
    assert moves[:2] == ["You dropped in A. Bob to move.", "Bob dropped in B. Your turn."]
    assert moves[-1] == "You dropped in A. You won. Four in a row: A1, A2, A3 and A4."
    assert len(moves) == len(RED_WINS_UP_A)

    await ann.reload()
    await see_moves(ann, len(RED_WINS_UP_A))
    assert await _heard(ann) == []


async def test_the_focus_goes_to_the_result_when_the_columns_go(visitors: Visitors, server: ServerProcess) -> None:
    """A focus that falls back to the top of the page is lost to those who can't see it."""
    ann, bob = await two_players(visitors, server.url)
    await play(ann, bob, RED_WINS_UP_A[:-1])
    await ann.locator("[data-column=A]").focus()

    await ann.keyboard.press("Enter")

    await expect(ann.get_by_role("heading", name="You won")).to_be_focused()


async def test_the_mute_is_remembered(visitors: Visitors, server: ServerProcess) -> None:
    """Silence asked for once is meant."""
    ann, bob = await two_players(visitors, server.url)
    sound = ann.get_by_role("button", name="Sound")
    await expect(sound).to_have_attribute("aria-pressed", "true")

    await sound.click()
    await ann.reload()

    await expect(ann.get_by_role("button", name="Sound")).to_have_attribute("aria-pressed", "false")
    await drop(ann, "D")
    await drop(bob, "D")
    await see_moves(ann, 2)


async def _heard(page: Page) -> list[str]:
    heard: list[str] = await page.evaluate("window.heard")
    return heard
