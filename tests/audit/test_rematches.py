"""A rematch leads from one stream to another: the verification holds the second to what the first one says."""

import pytest

from server.domain.commands import AcceptRematch, JoinGame, OfferRematch, OpenGame, Resign
from server.domain.decide import decide
from server.domain.events import GameEvent, GameOpened, GameStarted, RematchAccepted
from server.domain.game import Finished, fold
from server.domain.rules.rematches import rematch_of
from server.domain.vocabulary import Color, GameId, PlayerId
from tests.audit.checking import events_of, findings, played

ANN, BOB = PlayerId("ann"), PlayerId("bob")
OLD, NEW = GameId("old"), GameId("new")
AGREED = played(
    OLD,
    OpenGame(ANN, Color.RED, public=True),
    JoinGame(BOB, coin=True),
    Resign(BOB),
    OfferRematch(ANN, NEW),
    AcceptRematch(BOB, NEW),
)


def begun() -> tuple[GameEvent, ...]:
    game = fold(events_of(AGREED))
    assert isinstance(game, Finished)
    return decide(rematch_of(OLD, game), fold([]))


def test_a_rematch_that_begins_as_agreed_is_sound() -> None:
    assert findings([*AGREED, (NEW, begun()), (NEW, decide(Resign(ANN), fold(begun())))]) == []


def test_a_rematch_that_has_not_begun_yet_is_sound() -> None:
    """A server may have ended between the two appends; the next one does the second."""
    assert findings(AGREED) == []


def test_the_rematch_of_a_game_that_is_elsewhere_is_sound() -> None:
    """As after the import of this game alone."""
    assert findings([(NEW, begun())]) == []


OPENED, STARTED = begun()
WRONG: dict[str, tuple[tuple[GameEvent, ...], int]] = {
    "another opener": ((GameOpened(BOB, Color.RED, public=True, previous=OLD), STARTED), 1),
    "another visibility": ((GameOpened(ANN, Color.YELLOW, public=False, previous=OLD), STARTED), 1),
    "another player": ((OPENED, GameStarted(PlayerId("eve"), ANN)), 2),
    "another game": ((GameOpened(ANN, Color.YELLOW, public=True),), 1),
    "half a beginning": ((OPENED,), 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_rematch_that_begins_otherwise_is_found(name: str) -> None:
    events, version = WRONG[name]
    assert findings([*AGREED, (NEW, events)]) == [(NEW, version)]


def test_a_rematch_that_nobody_agreed_to_is_found() -> None:
    assert findings([*AGREED[:3], (NEW, begun())]) == [(NEW, 1)]


def test_a_rematch_begun_before_it_was_agreed_to_is_found() -> None:
    assert findings([*AGREED[:4], (NEW, begun()), AGREED[4]]) == [(NEW, 1)]


def test_a_rematch_that_is_a_game_there_already_is_found() -> None:
    """Nobody else's game can be named, nor the old one itself."""
    there = (NEW, decide(OpenGame(ANN, Color.RED, public=True), fold([])))
    assert findings([there, *AGREED]) == [(OLD, 5)]
    assert findings([*AGREED[:4], (OLD, [RematchAccepted(OLD)])]) == [(OLD, 5)]


def test_nothing_follows_an_agreed_rematch_in_the_old_game() -> None:
    assert findings([*AGREED, (OLD, [RematchAccepted(NEW)])]) == [(OLD, 6)]
