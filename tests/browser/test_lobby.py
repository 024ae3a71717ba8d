"""The landing page: who waits, who plays, and who you are."""

from playwright.async_api import expect

from tests.browser.conftest import Visitors
from tests.browser.play import open_game, two_players
from tests.processes import ServerProcess


async def test_an_open_seat_appears_by_itself_and_goes_when_it_is_taken(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A lobby that must be reloaded is a list of seats that are gone."""
    eve = await visitors.open(server.url)
    ann = await visitors.open(server.url)
    url = await open_game(ann, "Ann of the lobby")
    seat = eve.get_by_test_id("open-games").get_by_text("Ann of the lobby")
    await expect(seat).to_be_visible()

    bob = await visitors.open(url)
    await bob.get_by_role("button", name="Join").click()

    await expect(seat).to_have_count(0)
    live = eve.get_by_test_id("live-games").get_by_role("listitem").filter(has_text="Ann of the lobby")
    await live.get_by_role("link", name="Watch").click()
    await expect(eve.get_by_text("You are watching.")).to_be_visible()


async def test_a_private_game_is_found_by_its_link_only(visitors: Visitors, server: ServerProcess) -> None:
    """An invitation to one friend is not an advertisement."""
    ann, zoe = await visitors.open(server.url), await visitors.open(server.url)
    await ann.get_by_label("Your name").fill("Secret Ann")
    await ann.get_by_text("Colour and visibility").click()
    await ann.get_by_label("Show the game to everybody").uncheck()
    await ann.get_by_role("button", name="New game").click()
    await expect(ann.get_by_role("heading", name="Invite someone")).to_be_visible()
    await open_game(zoe, "Zoe in public")

    eve = await visitors.open(server.url)
    await expect(eve.get_by_test_id("open-games").get_by_text("Zoe in public")).to_be_visible()
    await expect(eve.get_by_text("Secret Ann")).to_have_count(0)
    await eve.goto(ann.url)
    await expect(eve.get_by_role("heading", name="Secret Ann invites you to play")).to_be_visible()


async def test_a_name_is_remembered_and_can_be_changed_for_the_next_game(
    visitors: Visitors, server: ServerProcess
) -> None:
    """Nobody types a name twice; nobody is stuck with one either."""
    ann = await visitors.open(server.url)
    await open_game(ann, "Ann")

    await ann.goto(server.url)
    await expect(ann.get_by_text("You play as Ann")).to_be_visible()
    await ann.get_by_role("button", name="Use another name").click()
    await expect(ann.get_by_label("Your name")).to_have_value("Ann")
    await open_game(ann, "Anna")

    await expect(ann.locator(".seat-name").first).to_have_text("Anna")


async def test_a_browser_that_lost_its_cookie_becomes_a_new_player(
    visitors: Visitors, server: ServerProcess
) -> None:
    """A remembered name without its proof must not lock anybody out."""
    visitors.forgive("401")
    ann = await visitors.open(server.url)
    await open_game(ann)
    await ann.goto(server.url)
    await ann.context.clear_cookies()

    await ann.get_by_role("button", name="New game").click()

    await expect(ann.get_by_role("heading", name="Invite someone")).to_be_visible()


async def test_a_seat_that_was_just_taken_leads_to_watching(visitors: Visitors, server: ServerProcess) -> None:
    """The list lags behind the log by a moment; whoever comes second still sees the game."""
    visitors.forgive("409")
    eve = await visitors.open(server.url)
    ann, _ = await two_players(visitors, server.url)
    game = ann.url.rpartition("/")[2]
    await eve.route("**/api/games?status=open*", lambda route: route.fulfill(json=_one_open_seat(game)))

    await eve.get_by_role("button", name="Play against A ghost").click()

    await expect(eve.get_by_text("You are watching.")).to_be_visible()


def _one_open_seat(game: str) -> dict[str, object]:
    seat = {"id": game, "status": "open", "version": 1, "opener": "p", "player_one": None, "player_two": None}
    return {"games": [{**seat, "color": "red"}], "players": {"p": "A ghost"}, "next_cursor": None}
