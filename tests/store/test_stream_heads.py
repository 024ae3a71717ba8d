"""An append and a read name the event that they continue, so that a forked history is not taken for the same."""

from uuid import uuid4

import pytest

from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import ForkedHistoryError, WrongExpectedVersionError
from server.eventstore.places import StreamHead
from server.eventstore.store import EventStore
from tests.store.conftest import append, move

GAME = GameId("g")


async def test_an_append_names_the_event_that_it_builds_on(store: EventStore) -> None:
    first, second = uuid4(), uuid4()
    await append(store, GAME, 0, command=first)
    await append(store, GAME, 1, command=second)
    assert (await store.append(GAME, StreamHead(Version(2), second), uuid4(), [move()])).version == 3


@pytest.mark.parametrize("version", [1, 2, 3, 4])
async def test_another_event_at_the_expected_version_is_a_forked_history(store: EventStore, version: int) -> None:
    """Also where the stream is longer or shorter than expected: the caller knows an event that is not there."""
    await append(store, GAME, 0, move(), move())
    await append(store, GAME, 2)
    with pytest.raises(ForkedHistoryError) as refusal:
        await store.append(GAME, StreamHead(Version(version), uuid4()), uuid4(), [move()])
    assert refusal.value.actual == 3
    assert len(await store.read_stream(GAME)) == 3


async def test_the_same_event_at_an_earlier_version_is_an_ordinary_conflict(store: EventStore) -> None:
    command = uuid4()
    await append(store, GAME, 0, command=command)
    await append(store, GAME, 1)
    with pytest.raises(WrongExpectedVersionError) as refusal:
        await store.append(GAME, StreamHead(Version(1), command), uuid4(), [move()])
    assert not isinstance(refusal.value, ForkedHistoryError)


async def test_a_duplicate_is_one_whatever_it_builds_on(store: EventStore) -> None:
    command = uuid4()
    await append(store, GAME, 0, command=command)
    assert (await store.append(GAME, StreamHead(Version(7), uuid4()), command, [move()])).duplicate


async def test_a_read_continues_only_what_the_log_holds(store: EventStore) -> None:
    first, second = uuid4(), uuid4()
    await append(store, GAME, 0, command=first)
    await append(store, GAME, 1, command=second)
    assert [recorded.version for recorded in await store.read_stream(GAME, StreamHead(Version(1), first))] == [2]
    assert await store.read_stream(GAME, StreamHead(Version(2), second)) == []
    for version, command in ((1, second), (2, uuid4()), (3, second)):
        with pytest.raises(ForkedHistoryError):
            await store.read_stream(GAME, StreamHead(Version(version), command))
