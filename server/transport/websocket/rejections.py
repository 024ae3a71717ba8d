"""The messages that say no, and why."""

from typing import Final

from server.application.live_game import LiveGame
from server.domain.vocabulary import Version
from server.transport.encodings import encoded
from server.transport.websocket.messages import ClientCommand, Rejected, Watch, as_raw

_UNKNOWN_GAME: Final = "There is no such game: check the link."
_SEEN_TOO_MUCH: Final = "You have seen more than the log holds: start again from the events in this message."
_TOO_FAST: Final = "You send faster than this server takes: slow down."
_TOO_MANY: Final = "A socket watches at most {} games: unwatch one, or open another socket."
_BUSY: Final = "The server is busy: try again in a moment."
_UNREADABLE: Final = "This game can't be read here; the server's log says why."
_GUEST: Final = "Only players can do that: get a token with POST /api/players, then connect again."


def refused(command: ClientCommand, code: str, reason: str, live: LiveGame) -> Rejected:
    """Refuse a command, and tell what its player had not seen."""
    missed = as_raw(encoded(live)[command.expected_version :])
    return Rejected(live.id, code, reason, live.version, missed, command.id)


def guest(command: ClientCommand, live: LiveGame) -> Rejected:
    """Refuse a command of somebody who only watches."""
    return refused(command, "not_authenticated", _GUEST, live)


def unknown_game(watch: Watch) -> Rejected:
    """Refuse to show what does not exist."""
    return Rejected(watch.game, "unknown_game", _UNKNOWN_GAME, Version(0), [])


def seen_too_much(live: LiveGame) -> Rejected:
    """Refuse to go on from a version that the log does not hold (any more), and tell everything that it holds."""
    return Rejected(live.id, "wrong_expected_version", _SEEN_TOO_MUCH, live.version, as_raw(encoded(live)))


def too_fast(message: Watch | ClientCommand) -> Rejected:
    """Refuse a message because there were too many."""
    return _for_now(message, "too_many_requests", _TOO_FAST)


def too_many_games(watch: Watch, most: int) -> Rejected:
    """Refuse to show one more game."""
    return _for_now(watch, "too_many_requests", _TOO_MANY.format(most))


def busy(command: ClientCommand) -> Rejected:
    """Refuse a command because too many wait."""
    return _for_now(command, "too_many_requests", _BUSY)


def unreadable(message: Watch | ClientCommand) -> Rejected:
    """Refuse what concerns a game that can't be read. The peer's other games are well."""
    return _for_now(message, "unavailable", _UNREADABLE)


def _for_now(message: Watch | ClientCommand, code: str, reason: str) -> Rejected:
    if isinstance(message, Watch):
        return Rejected(message.game, code, reason, Version(message.after), [])
    return Rejected(message.game, code, reason, Version(message.expected_version), [], message.id)
