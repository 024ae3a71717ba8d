"""The `rejected` messages: which code, which sentence, and which events the client had not seen."""

from typing import Final

from msgspec import Raw

from server.application.outcomes import RefusedError
from server.domain.vocabulary import Version
from server.transport.encoding import EncodedGame
from server.transport.problems import code_and_message
from server.transport.websocket.messages import ClientCommand, ClientMessage, Rejected, Unwatch, Watch, as_raw

_UNKNOWN_GAME: Final = "There is no such game: check the link."
_SEEN_TOO_MUCH: Final = "You have seen more than the log holds: start again from the events in this message."
_TOO_FAST: Final = "You send faster than this server allows: slow down."
_TOO_MANY: Final = "A socket watches at most {} games: unwatch one, or open another socket."
_BUSY: Final = "The server is busy: try again in a moment."
_UNREADABLE: Final = "This game can't be read here; the server's log says why."
_GUEST: Final = "Only players can do that: get a token with POST /api/players, then connect again."


def refused(command: ClientCommand, error: RefusedError, game: EncodedGame) -> Rejected:
    """Refuse a command for the reason that the rules or the log gave, with the events its player had not seen."""
    return _refused(command, *code_and_message(error.reason), game)


def guest(command: ClientCommand, game: EncodedGame) -> Rejected:
    """Refuse a command of a client that proved no identity."""
    return _refused(command, "not_authenticated", _GUEST, game)


def unknown_game(watch: Watch) -> Rejected:
    """Refuse to show a game that does not exist."""
    return Rejected(watch.game, "unknown_game", _UNKNOWN_GAME, Version(0), [])


def seen_too_much(game: EncodedGame) -> Rejected:
    """Refuse to continue from a version that the log does not hold (any more); carries everything that it holds."""
    live = game.live
    return Rejected(live.id, "wrong_expected_version", _SEEN_TOO_MUCH, live.version, _after(game, Version(0)))


def too_fast(message: ClientMessage) -> Rejected:
    """Refuse a message because the client sends too many."""
    return _for_now(message, "too_many_requests", _TOO_FAST)


def too_many_games(watch: Watch, most: int) -> Rejected:
    """Refuse to show one more game."""
    return _for_now(watch, "too_many_requests", _TOO_MANY.format(most))


def busy(message: ClientMessage) -> Rejected:
    """Refuse a message because too many are queued already."""
    return _for_now(message, "too_many_requests", _BUSY)


def unreadable(message: ClientMessage) -> Rejected:
    """Refuse what concerns a game whose events can't be understood; the client's other games are unaffected."""
    return _for_now(message, "unavailable", _UNREADABLE)


def _refused(command: ClientCommand, code: str, sentence: str, game: EncodedGame) -> Rejected:
    missed = _after(game, Version(command.expected_version))
    return Rejected(game.live.id, code, sentence, game.live.version, missed, command.id)


def _after(game: EncodedGame, version: Version) -> list[Raw]:
    return as_raw(game.events_after(version))


def _for_now(message: ClientMessage, code: str, sentence: str) -> Rejected:
    match message:
        case Watch(game, after):
            return Rejected(game, code, sentence, Version(after), [])
        case Unwatch(game):
            return Rejected(game, code, sentence, Version(0), [])
        case _:
            return Rejected(message.game, code, sentence, Version(message.expected_version), [], message.id)
