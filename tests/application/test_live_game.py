"""One game in memory: it takes events in their order, all or none, and notifies those who subscribed."""

from uuid import UUID

import pytest

from server.application.live_game import LiveGame
from server.domain.errors import BrokenLogError
from server.domain.events import GameEvent, GameOpened, GameStarted, MoveMade
from server.domain.game import UNOPENED, evolve
from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent
from server.eventstore.places import NO_EVENTS, StreamHead
from tests.application.watching import Spy

GAME = GameId("game")
ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")

OPENED, STARTED = GameOpened(ANN, Color.RED, public=True), GameStarted(ANN, BOB)


def recorded(version: int, event: GameEvent, command: int | None = None) -> RecordedEvent:
    return RecordedEvent(version, GAME, Version(version), event, UUID(int=command or version), 0)


def started() -> LiveGame:
    live = LiveGame(GAME)
    live.receive([recorded(1, OPENED), recorded(2, STARTED)])
    return live


def test_events_are_folded_in_once_and_in_order() -> None:
    """Doubled, overlapping, from the past: the feed and a read may both bring them."""
    live = LiveGame(GAME)
    live.receive([recorded(1, OPENED)])
    live.receive([recorded(1, OPENED), recorded(2, STARTED), recorded(2, STARTED)])
    live.receive([recorded(1, OPENED)])
    assert [past.version for past in live.history] == [1, 2]
    assert (live.version, live.players, live.is_behind) == (2, {ANN, BOB}, False)


def test_an_event_from_the_future_waits_for_those_before_it() -> None:
    live = LiveGame(GAME)
    live.receive([recorded(1, OPENED), recorded(3, MoveMade(ANN, Column.A))])
    assert (live.version, live.is_behind) == (1, True)
    live.receive([recorded(2, STARTED), recorded(3, MoveMade(ANN, Column.A))])
    assert (live.version, live.is_behind) == (3, False)


def test_a_fold_that_fails_changes_nothing() -> None:
    """Or a part of a broken history would be shown as if it were the game."""
    live = LiveGame(GAME)
    spy = Spy()
    live.subscribe(spy)
    live.receive([recorded(1, OPENED)])
    spy.changed.clear()
    with pytest.raises(BrokenLogError):
        live.receive([recorded(2, STARTED), recorded(3, MoveMade(EVE, Column.A))])
    assert (live.version, live.game, live.players) == (1, evolve(UNOPENED, OPENED), {ANN})
    assert [past.version for past in live.history] == [1]
    assert not live.events_of(UUID(int=2))
    assert not spy.changed.is_set()


def test_a_watcher_is_notified_while_it_is_subscribed_and_only_of_changes() -> None:
    live, spy = started(), Spy()
    live.subscribe(spy)
    live.subscribe(spy)
    live.receive([recorded(2, STARTED)])
    assert not spy.changed.is_set()
    live.receive([recorded(3, MoveMade(ANN, Column.A))])
    assert spy.changed.is_set()
    spy.changed.clear()
    live.unsubscribe(spy)
    live.unsubscribe(spy)
    live.receive([recorded(4, MoveMade(BOB, Column.A))])
    assert not spy.changed.is_set()
    assert not live.is_watched


def test_a_discarded_game_has_its_watchers_resynchronize_once_and_forgets_them() -> None:
    """Also one that unsubscribes while it is told to."""
    live = started()

    class Leaving(Spy):
        def resynchronize(self) -> None:
            assert not self.resynchronized.is_set()
            live.unsubscribe(self)
            super().resynchronize()

    spies = [Leaving(), Leaving()]
    for spy in spies:
        live.subscribe(spy)
    live.discard()
    live.discard()
    assert all(spy.resynchronized.is_set() for spy in spies)
    assert not live.is_watched


def test_all_events_of_a_command_are_found_by_its_id() -> None:
    live = started()
    live.receive([recorded(3, MoveMade(ANN, Column.A), command=7), recorded(4, MoveMade(BOB, Column.A), command=7)])
    live.receive([recorded(5, MoveMade(ANN, Column.A), command=8)])
    assert [past.version for past in live.events_of(UUID(int=7))] == [3, 4]
    assert [past.version for past in live.events_of(UUID(int=8))] == [5]
    assert live.events_of(UUID(int=9)) == []


def test_a_history_continues_its_own_heads_and_no_others() -> None:
    live = LiveGame(GAME)
    assert live.head == NO_EVENTS
    heads = [live.head]
    events: list[GameEvent] = [OPENED, STARTED, MoveMade(ANN, Column.A)]
    for version, event in enumerate(events, start=1):
        live.receive([recorded(version, event)])
        heads.append(live.head)
    assert all(live.continues(head) for head in heads)
    assert not live.continues(StreamHead(Version(2), UUID(int=99)))
    assert not live.continues(StreamHead(Version(4), UUID(int=4)))
