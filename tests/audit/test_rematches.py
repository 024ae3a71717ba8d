"""A rematch leads from one stream to another: the verification holds the second to what the first one says."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from server.cli.audit.lines import LoggedEvent
from server.cli.audit.streams import Finding, StreamChecks
from server.domain.commands import AcceptRematch, Command, JoinGame, OfferRematch, OpenGame, Resign
from server.domain.decide import decide
from server.domain.events import GameEvent, GameOpened, GameStarted, RematchAccepted
from server.domain.game import Finished, fold
from server.domain.rules.rematches import rematch_of
from server.domain.vocabulary import Color, GameId, PlayerId, Version
from server.eventstore.codec import encode

ANN, BOB = PlayerId("ann"), PlayerId("bob")
OLD, NEW = GameId("old"), GameId("new")
AT = datetime(2026, 11, 23, tzinfo=UTC)

Append = tuple[GameId, Sequence[GameEvent]]


def played(*commands: Command) -> list[Append]:
    events: list[GameEvent] = []
    appends: list[Append] = []
    for command in commands:
        happened = decide(command, fold(events))
        events += happened
        appends.append((OLD, happened))
    return appends


AGREED = played(
    OpenGame(ANN, Color.RED, public=True),
    JoinGame(BOB, coin=True),
    Resign(BOB),
    OfferRematch(ANN, NEW),
    AcceptRematch(BOB, NEW),
)


def begun() -> tuple[GameEvent, ...]:
    game = fold([event for _, events in AGREED for event in events])
    assert isinstance(game, Finished)
    return decide(rematch_of(OLD, game), fold([]))


def findings(appends: Sequence[Append]) -> list[tuple[str | None, int | None]]:
    """Return the game and the version of each finding."""
    checks, versions, place = StreamChecks(), dict.fromkeys((OLD, NEW), 0), 0
    found: list[Finding] = []
    for number, (game, events) in enumerate(appends, start=1):
        for step, event in enumerate(events, start=1):
            place, versions[game] = place + 1, versions[game] + 1
            type_, schema_version, data = encode(event)
            raw = msgspec.Raw(data.encode())
            version = Version(versions[game])
            logged = LoggedEvent(game, version, type_, schema_version, raw, UUID(int=number), step, AT)
            found += checks.take(place, logged)
    found += checks.finish()
    return [(finding.game, finding.version) for finding in found]


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
