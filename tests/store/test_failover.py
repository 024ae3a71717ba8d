"""When the end of the log is lost, nothing is decided on what is gone, and nothing is written beside it."""

import asyncio
from uuid import uuid4

import pytest

from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import StoreUnavailableError
from server.eventstore.places import NO_EVENTS, StreamHead
from tests.store.conftest import append, move
from tests.store.two_servers import Cluster, count, in_s, lose_the_feed, process_on, until

GAME = GameId("g")


@pytest.fixture
def cluster(database_url: str, other_database_url: str) -> Cluster:
    return Cluster(database_url, other_database_url)


async def test_nothing_is_written_where_the_feed_does_not_listen(cluster: Cluster) -> None:
    """What the process knows comes from one server, so it decides for that one."""
    cluster.reached["writer"] = "new"
    async with process_on(cluster) as process:
        with pytest.raises(StoreUnavailableError):
            await process.store.append(GAME, NO_EVENTS, uuid4(), [move()], deadline=in_s(0.6))
    assert [await count(url) for url in cluster.urls.values()] == [0, 0]


async def test_nothing_is_written_while_the_feed_is_not_subscribed(cluster: Cluster) -> None:
    """Not even on a session that works: what was appended meanwhile is not known here, nor where it was."""
    async with process_on(cluster) as process:
        await append(process.store, GAME, 0)
        await lose_the_feed(process, cluster)
        with pytest.raises(StoreUnavailableError):
            await process.store.append(GAME, StreamHead(Version(1), None), uuid4(), [move()], deadline=in_s(0.5))
        assert await count(cluster.urls["old"]) == 1
        cluster.reached["feed"] = "old"
        assert (await append(process.store, GAME, 1)).version == 2


async def test_the_writer_follows_the_feed_away_from_a_primary_that_still_answers(cluster: Cluster) -> None:
    async with process_on(cluster) as process:
        await append(process.store, GAME, 0)
        cluster.reached = dict.fromkeys(cluster.reached, "new")
        cluster.sessions["feed"].terminate()
        async with asyncio.timeout(10):
            await process.resynchronized.wait()
        await append(process.store, GAME, 0)
    assert [await count(url) for url in cluster.urls.values()] == [1, 1]


async def test_what_was_decided_on_a_lost_history_is_not_written(cluster: Cluster) -> None:
    """It fits, by the numbers: the game is new on either server. But who knows what else it was decided on."""
    async with process_on(cluster) as process:
        await append(process.store, "lost", 0)
        await lose_the_feed(process, cluster)
        decided = asyncio.create_task(append(process.store, GAME, 0))
        await asyncio.sleep(0)
        cluster.fail_over()
        with pytest.raises(StoreUnavailableError):
            await decided
        assert process.resynchronized.is_set()
        assert await count(cluster.urls["new"]) == 0
        assert (await append(process.store, GAME, 0)).version == 1
    assert await count(cluster.urls["new"]) == 1


async def test_a_failover_that_lost_nothing_is_survived_by_what_waits(cluster: Cluster) -> None:
    async with process_on(cluster) as process:
        cluster.fail_over()
        assert (await append(process.store, GAME, 0)).version == 1
        assert not process.resynchronized.is_set()
    assert await count(cluster.urls["new"]) == 1


async def test_the_writer_that_finds_the_new_primary_brings_the_feed_there(cluster: Cluster) -> None:
    """The old one may go on accepting sessions, so the feed would never notice by itself."""
    async with process_on(cluster) as process:
        cluster.reached = dict.fromkeys(cluster.reached, "new")
        assert (await append(process.store, GAME, 0)).version == 1
    assert await count(cluster.urls["new"]) == 1


async def test_an_event_that_was_only_read_is_missed_too(cluster: Cluster) -> None:
    """Reads may be ahead of the feed. What they brought is known, so its loss is noticed."""
    async with process_on(cluster) as other, process_on(cluster, publishes=False) as process:
        await append(other.store, GAME, 0)
        assert len(await process.store.read_stream(GAME)) == 1
        assert process.published == []
        cluster.fail_over()
        async with asyncio.timeout(10):
            await process.resynchronized.wait()


async def test_an_event_that_was_only_acknowledged_is_missed_too(cluster: Cluster) -> None:
    """The player's client has its answer, and would wait for the event for ever."""
    async with process_on(cluster, publishes=False) as process:
        await append(process.store, "other", 0)
        await append(process.store, GAME, 0, move(), move())
        assert process.published == []
        cluster.fail_over()
        async with asyncio.timeout(10):
            await process.resynchronized.wait()


async def test_the_feed_never_goes_back_to_a_primary_that_was_replaced(cluster: Cluster) -> None:
    async with process_on(cluster) as process:
        cluster.fail_over()
        await append(process.store, GAME, 0)
        cluster.reached["feed"] = "old"
        cluster.sessions["feed"].terminate()
        await until(lambda: not process.history.subscribed.is_set())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await process.history.subscribed.wait()
        cluster.reached["feed"] = "new"
        async with asyncio.timeout(10):
            await process.history.subscribed.wait()
