"""Recorded events of a game, for tests that need no log."""

from uuid import UUID

from server.application.live_game import LiveGame
from server.domain.events import GameEvent, GameOpened, GameStarted, MoveMade
from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent

ANN, BOB = PlayerId("ann"), PlayerId("bob")

MOVES = "GGCECFBACCEEFDCBAAEGFAFDEFEFADBGGAGBBBDDD"
"""All moves but the last of a game that is a draw: nobody gets four in a line."""


def history(length: int) -> list[GameEvent]:
    """The first `length` events of a game between Ann (red) and Bob."""
    moves: list[GameEvent] = [MoveMade((ANN, BOB)[place % 2], Column(column)) for place, column in enumerate(MOVES)]
    return [GameOpened(ANN, Color.RED, public=True), GameStarted(ANN, BOB), *moves][:length]


def advance(live: LiveGame, to: int) -> None:
    """Bring a live game up to a version, as the feed would."""
    events = enumerate(history(to), start=1)
    live.receive(
        RecordedEvent(version, live.id, Version(version), event, UUID(int=version), 1_000_000 * version)
        for version, event in events
    )


def game(game_id: str, version: int) -> LiveGame:
    """A live game at a version."""
    live = LiveGame(GameId(game_id))
    advance(live, version)
    return live
