"""The work that a session asks for: what it can't do itself, because that takes time or touches other objects."""

from dataclasses import dataclass

from server.application.live_game import LiveGame
from server.domain.vocabulary import PlayerId, Version
from server.transport.websocket.messages import ClientCommand, Watch


@dataclass(frozen=True, slots=True)
class ReadGame:
    """Read the game of a message, up to `at_least` if the log has that; report by `game_read` or `work_failed`."""

    message: Watch | ClientCommand
    at_least: Version


@dataclass(frozen=True, slots=True)
class SubmitCommand:
    """Carry out a command for a player; report by `command_finished`."""

    message: ClientCommand
    player: PlayerId


@dataclass(frozen=True, slots=True)
class LookUpNames:
    """Look up the names of players; report by `names_known` or `work_failed`."""

    players: frozenset[PlayerId]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Call `game_changed` from now on when this game changes."""

    live: LiveGame


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Call it no more."""

    live: LiveGame


Work = ReadGame | SubmitCommand | LookUpNames | Subscribe | Unsubscribe
