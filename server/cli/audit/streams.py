"""Every game of a log held to its promises, while its events pass by once, in the order of the log.

It keeps the fold of each game that goes on, and of one that is over only what another can build on: memory grows
with the number of games, by a few hundred bytes each, and next to nothing with the number of events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from server.cli.audit.appends import IllegalAppendError, after_append
from server.cli.audit.lines import LoggedEvent, NotAnEventError, read_event
from server.cli.audit.origins import Origins
from server.cli.audit.rematches import Rematches
from server.domain.board import Board
from server.domain.events import GameEvent, GameFinished, RematchAccepted
from server.domain.game import UNOPENED, Finished, Game, InProgress, NeverStarted
from server.domain.vocabulary import GameId, Version

_UUID_BYTES: Final = 16
_NO_BOARD: Final = Board()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong; `place` is a position of the log, or a line of a file, 0 for none."""

    place: int
    game: str | None
    version: int | None
    what: str


@dataclass(slots=True)
class _Stream:
    """A game to which something may still happen."""

    version: int = 0
    game: Game = UNOPENED
    commands: bytes = b""
    """The ids of those carried out, one after the other; of a game that is over, only of those after its end."""


@dataclass(slots=True)
class _Append:
    """Events of one command, as far as they have passed by."""

    first: LoggedEvent
    places: list[int]
    events: list[GameEvent]


class StreamChecks:
    """Checks a log event by event. After its first finding a game is not looked at any more."""

    def __init__(self) -> None:
        self._streams: dict[GameId, _Stream] = {}
        self._closed: set[GameId] = set()
        self._broken: set[GameId] = set()
        self._append: _Append | None = None
        self._rematches = Rematches(self._knows)
        self._origins = Origins()

    @property
    def games(self) -> int:
        """How many games have passed by."""
        return len(self._streams) + len(self._closed) + len(self._broken)

    def check(self, place: int, logged: LoggedEvent) -> Iterator[Finding]:
        """Yield what is wrong with the append that ended before this event, and with the event itself."""
        if not self._continues(logged):
            yield from self.finish()
        if logged.game in self._broken:
            return
        what = self._wrong_with(logged)
        if what is None:
            try:
                self._add(place, logged, read_event(logged))
            except NotAnEventError as error:
                what = str(error)
        if what is not None:
            yield self._break(Finding(place, logged.game, logged.version, what))

    def finish(self) -> Iterator[Finding]:
        """Yield what is wrong with the last append; to be asked once no event follows."""
        append, self._append = self._append, None
        if append is None:
            return
        stream, game = self._streams[append.first.game], append.first.game
        try:
            self._rematches.check(game, append.events)
            self._origins.check(stream.game, append.events)
            stream.game = after_append(stream.game, append.events)
            stream.commands += append.first.command_id.bytes
            self._origins.note(game, append.events)
            self._settle(game, stream, append.events[-1])
        except IllegalAppendError as error:
            offset = error.step - 1
            yield self._break(Finding(append.places[offset], game, append.first.version + offset, str(error)))

    def check_unreadable(self, finding: Finding) -> Iterator[Finding]:
        """Do the same for an event that could not be read, as far as its place is known."""
        yield from self.finish()
        if finding.game not in self._broken:
            yield self._break(finding)

    def _continues(self, logged: LoggedEvent) -> bool:
        """Whether the event belongs to the append that is passing by."""
        append = self._append
        return (
            append is not None
            and append.first.game == logged.game
            and append.first.command_id == logged.command_id
            and len(append.events) + 1 == logged.command_step
        )

    def _wrong_with(self, logged: LoggedEvent) -> str | None:
        """Say what is wrong with an event by its place alone, without a look at what happened."""
        if logged.game in self._closed:
            return f"{logged.type} comes after the last that can happen in the game"
        stream = self._streams.get(logged.game)
        expected = stream.version + 1 if stream else 1
        if logged.version != expected:
            return f"version {expected} of the game is expected here"
        if self._append is None and logged.command_step != 1:
            return f"step {logged.command_step} of command {logged.command_id} does not follow the step before it"
        if self._append is None and stream and _holds(stream.commands, logged.command_id):
            return f"command {logged.command_id} was carried out before"
        return None

    def _add(self, place: int, logged: LoggedEvent, event: GameEvent) -> None:
        self._streams.setdefault(logged.game, _Stream()).version = Version(logged.version)
        if self._append is None:
            self._append = _Append(logged, [place], [event])
        else:
            self._append.places.append(place)
            self._append.events.append(event)

    def _settle(self, game: GameId, stream: _Stream, last: GameEvent) -> None:
        """Forget of a game what nothing can build on any more."""
        if isinstance(stream.game, InProgress):
            return
        match stream.game, last:
            case Finished() as ended, GameFinished():
                stream.game, stream.commands = replace(ended, board=_NO_BOARD), b""
            case Finished() as ended, RematchAccepted(new_game):
                self._rematches.promise(game, ended, new_game)
                self._close(game)
            case NeverStarted(), _:
                self._close(game)
            case _:
                pass

    def _close(self, game: GameId) -> None:
        del self._streams[game]
        self._closed.add(game)

    def _knows(self, game: GameId) -> bool:
        """Whether a game has passed by, and could be read."""
        return game in self._streams or game in self._closed

    def _break(self, finding: Finding) -> Finding:
        if finding.game is None:
            return finding
        game = GameId(finding.game)
        if self._append is not None and self._append.first.game == game:
            self._append = None
        self._streams.pop(game, None)
        self._closed.discard(game)
        self._origins.forget(game)
        self._broken.add(game)
        return finding


def _holds(commands: bytes, command_id: UUID) -> bool:
    found = commands.find(command_id.bytes)
    while found % _UUID_BYTES and found != -1:
        found = commands.find(command_id.bytes, found + 1)
    return found != -1
