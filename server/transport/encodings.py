"""The events of live games as they are sent: each is encoded once, not once for each watcher."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from server.application.live_game import LiveGame
from server.domain.vocabulary import GameId, Version
from server.transport.websocket.messages import encode_event


@dataclass(slots=True)
class _Encoded:
    events: list[str] = field(default_factory=list)
    packed: bytes = b""
    packed_from: tuple[Version, Version] | None = None


_ENCODED: Final[WeakKeyDictionary[LiveGame, _Encoded]] = WeakKeyDictionary()


def encoded(live: LiveGame) -> list[str]:
    """Return all events of a game, encoded."""
    return _of(live).events


def packed_after(live: LiveGame, after: Version, pack: Callable[[GameId, list[str]], bytes]) -> bytes:
    """Return what follows a version as one message: made once for all watchers who have seen the same."""
    of = _of(live)
    if of.packed_from != (after, live.version):
        of.packed = pack(live.id, of.events[after:])
        of.packed_from = (after, live.version)
    return of.packed


def _of(live: LiveGame) -> _Encoded:
    of = _ENCODED.get(live)
    if of is None:
        of = _ENCODED[live] = _Encoded()
    of.events += [encode_event(recorded) for recorded in live.history[len(of.events) :]]
    return of
