"""How a command ends: carried out, or refused."""

from dataclasses import dataclass

from server.application.live_game import LiveGame
from server.domain.errors import ConnectFourError
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import WrongExpectedVersionError


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command is carried out, durably; `duplicate` if it was so before."""

    game: GameId
    version: Version
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """Both seats are taken, by these players."""

    version: Version
    player_one: PlayerId
    player_two: PlayerId


class RefusedError(Exception):
    """A command was refused, by the rules or because the game has moved on; nothing happened.

    `reason` is a `ConnectFourError` or a `WrongExpectedVersionError`, and `live` the game as it is.
    """

    def __init__(self, reason: ConnectFourError | WrongExpectedVersionError, live: LiveGame) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.live = live
