"""What people do on the pages, in the words a person would use for it."""

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import Visitors

COLUMNS = "ABCDEFG"
RED_WINS_UP_A = "ABABABA"
RED_WINS_ON_A_SLANT = "EFFDCEDBEGFBCEEDADDAF"  # ends with C1, D2, E3, F4


async def open_game(page: Page, name: str = "Ann", color: str = "Red") -> str:
    """Open a game from the landing page and return its address."""
    await page.get_by_label("Your name").fill(name)
    await page.get_by_text("Colour and visibility").click()
    await page.get_by_role("radio", name=color).check()
    await page.get_by_role("button", name="New game").click()
    await expect(page.get_by_role("heading", name="Invite someone")).to_be_visible()
    return page.url


async def join(page: Page, name: str = "Bob") -> None:
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Join").click()
    # Not any text: the announcement for screen readers says it too, for a moment, as soon as the game begins.
    await expect(page.locator("#detail")).to_contain_text("You play")


async def two_players(visitors: Visitors, server_url: str, **options: Any) -> tuple[Page, Page]:
    """Ann, who plays red and begins, and Bob."""
    ann = await visitors.open(server_url, **options)
    bob = await visitors.open(await open_game(ann), **options)
    await join(bob)
    await my_turn(ann)
    return ann, bob


async def my_turn(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Your turn")).to_be_visible()
    await expect(page.locator(".column[aria-disabled=false]")).to_have_count(7)


async def drop(page: Page, column: str) -> None:
    await my_turn(page)
    await page.get_by_role("button", name=f"Drop in column {column}").click()


async def play(red: Page, yellow: Page, columns: str) -> None:
    """Drop the tokens in turn, by mouse, and wait until both see the last one."""
    for i, column in enumerate(columns):
        await drop((red, yellow)[i % 2], column)
    for page in (red, yellow):
        await see_moves(page, len(columns))


async def see_moves(page: Page, count: int) -> None:
    """Wait until the page shows exactly so many moves, on the board and beside it."""
    await expect(page.get_by_test_id("moves").locator("li")).to_have_count(count)
    await expect(page.locator(".discs .disc")).to_have_count(count)


async def board_of(page: Page) -> list[str]:
    """The board as a screen reader finds it: six rows of seven, the top row first."""
    rows = await page.get_by_role("table", name="Board").locator("tbody tr").all()
    read = {"empty": ".", "red": "R", "yellow": "Y"}
    return ["".join([read[text] for text in await row.locator("td").all_text_contents()]) for row in rows]


async def frames_sent(page: Page) -> list[str]:
    """A list that grows with every websocket frame that sockets opened from now on send."""
    sent: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda payload: sent.append(str(payload)))

    page.on("websocket", listen)
    return sent
