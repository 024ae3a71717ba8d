"""The page outlives a failover by itself: nobody reloads, and what it shows is true."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import LOST_CONNECTION, Visitors
from tests.browser.play import board_of, drop, play, see_moves, two_players
from tests.failover.conftest import serving
from tests.failover.playing import open_game
from tests.failover.playing import play as play_by_http
from tests.postgres.cluster import Cluster
from tests.processes import ServerProcess

BANNER = "Connection lost"
FAILOVER_LIMIT_MS = 15_000


@pytest.mark.parametrize("end", ["killed", "frozen"])
async def test_a_game_goes_on_by_itself_after_a_failover(
    sync_cluster: Cluster, visitors: Visitors, end: str
) -> None:
    """Whoever is at turn moves on; a move made meanwhile arrives once."""
    visitors.forgive(LOST_CONNECTION)
    async with serving(sync_cluster.url, 1) as (server,):
        ann, bob = await two_players(visitors, server.url)
        await play(ann, bob, "DEC")
        if end == "killed":
            await sync_cluster.kill_primary()
        else:
            sync_cluster.freeze_primary()
        await bob.get_by_role("button", name="Drop in column A").click()
        await sync_cluster.promote()

        await expect(ann.locator(".discs .disc")).to_have_count(4, timeout=FAILOVER_LIMIT_MS)
        await drop(ann, "B")

        for page in (ann, bob):
            await see_moves(page, 5)
            await expect(page.get_by_text(BANNER)).to_be_hidden()
        assert await board_of(ann) == await board_of(bob)


async def test_a_page_that_shows_lost_moves_takes_them_back(async_cluster: Cluster, visitors: Visitors) -> None:
    """A board with a token that the log does not hold would be a lie until somebody reloads."""
    visitors.forgive(LOST_CONNECTION)
    async with serving(async_cluster.url, 1) as (server,):
        ann, bob = await two_players(visitors, server.url)
        await play(ann, bob, "DE")
        await async_cluster.wait_for_standby()
        await async_cluster.cut_replication()
        await drop(ann, "C")
        await drop(bob, "A")
        await see_moves(ann, 4)
        await async_cluster.promote()

        for page in (ann, bob):
            await expect(page.locator(".discs .disc")).to_have_count(2, timeout=FAILOVER_LIMIT_MS)
            await see_moves(page, 2)
        await drop(ann, "B")
        await drop(bob, "B")
        for page in (ann, bob):
            await see_moves(page, 4)
        assert await board_of(ann) == await board_of(bob)


async def test_a_page_that_was_away_during_the_failover_starts_again(
    async_cluster: Cluster, visitors: Visitors
) -> None:
    """It comes back to a log that holds more events than it has seen, and another one in the place of the last."""
    visitors.forgive(LOST_CONNECTION)
    async with serving(async_cluster.url, 1) as (other,):
        game = await open_game([other])
        await play_by_http(game, "DE", other)
        await async_cluster.wait_for_standby()
        await async_cluster.cut_replication()
        await play_by_http(game, "C", other, after="DE")
        with ServerProcess(database_url=async_cluster.url) as server:
            page = await visitors.open(f"{server.url}/games/{game.id}")
            await see_moves(page, 3)
            port = server.port
            server.kill()
        await async_cluster.promote()
        await play_by_http(game, "AB", other, after="DE")
        with ServerProcess(database_url=async_cluster.url, port=port):
            await expect(page.locator(".discs .disc")).to_have_count(4, timeout=FAILOVER_LIMIT_MS)
            assert (await board_of(page))[-1] == "RY.RY.."
            await visitors.leave()
