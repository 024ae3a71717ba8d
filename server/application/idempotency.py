"""Whether a command id that is in the log already belongs to the command that arrives under it.

An id proves nobody and says nothing: it belongs to the player and the content that it was first used with. What the
log holds under it tells both, so any process can compare, at any later time.
"""

from collections.abc import Sequence
from typing import assert_never

from server.application.live_game import LiveGame
from server.domain.commands import Command, ExpireGame, JoinGame, MakeMove, OpenGame, Resign
from server.domain.errors import CommandIdTakenError
from server.domain.events import GameEvent, GameFinished, GameOpened, GameStarted, MoveMade
from server.domain.game import Finished
from server.domain.vocabulary import EndReason, GameResult, PlayerId
from server.eventstore.codec import RecordedEvent


def ensure_same_command(command: Command, live: LiveGame, past: Sequence[RecordedEvent]) -> None:
    """Return if `past`, the events that a game's history holds under an id, are what `command` led to.

    Raises:
        CommandIdTakenError: another player, or another command, used the id.
    """
    if not _led_to(command, past[0].event, live):
        raise CommandIdTakenError


def _led_to(command: Command, event: GameEvent, live: LiveGame) -> bool:
    """Whether `event` is the first of those that `command` led to; the others follow from it by the rules."""
    match command:
        case OpenGame(player, color, public):
            return event == GameOpened(player, color, public)
        case JoinGame(player):
            return isinstance(event, GameStarted) and player == _opponent(event, live)
        case MakeMove(player, column):
            return event == MoveMade(player, column)
        case Resign(player):
            is_resignation = isinstance(event, GameFinished) and event.reason is EndReason.RESIGNATION
            return is_resignation and player == _loser(live)
        case ExpireGame():
            return isinstance(event, GameFinished) and event.reason is EndReason.EXPIRED
        case _:
            assert_never(command)


def _opponent(event: GameStarted, live: LiveGame) -> PlayerId | None:
    """Return who took the second seat: the start of a game names both players, whoever opened it."""
    opened = live.history[0].event
    if not isinstance(opened, GameOpened):
        return None
    return event.player_two if event.player_one == opened.opener else event.player_one


def _loser(live: LiveGame) -> PlayerId | None:
    """Return who lost: the end of a game names no player."""
    match live.game:
        case Finished(player_one, _, _, GameResult.PLAYER_TWO_WON):
            return player_one
        case Finished(_, player_two, _, GameResult.PLAYER_ONE_WON):
            return player_two
        case _:
            return None
