"""Every game of a log held to its promises, while its events pass by once, in the order of the log.

It keeps the fold of each game that goes on, and of a finished one nothing but its id: memory grows with the number
of games, by a few hundred bytes each, and not with the number of events.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from server.cli.audit.appends import IllegalAppendError, after_append
from server.cli.audit.lines import LoggedEvent, NotAnEventError, read_event
from server.domain.events import GameEvent
from server.domain.game import UNOPENED, Game, Over
from server.domain.vocabulary import GameId, Version

_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong; `place` is a position of the log, or a line of a file, 0 for none."""

    place: int
    game: str | None
    version: int | None
    what: str


@dataclass(slots=True)
class _Stream:
    """A game that goes on."""

    version: int = 0
    game: Game = UNOPENED
    commands: bytes = b""  # the ids of those carried out, one after the other


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
        self._finished: set[GameId] = set()
        self._broken: set[GameId] = set()
        self._append: _Append | None = None

    @property
    def games(self) -> int:
        """How many games have passed by."""
        return len(self._streams) + len(self._finished) + len(self._broken)

    def take(self, place: int, logged: LoggedEvent) -> Iterator[Finding]:
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
            stream.game = after_append(stream.game, append.events)
        except IllegalAppendError as error:
            offset = error.step - 1
            yield self._break(Finding(append.places[offset], game, append.first.version + offset, str(error)))
            return
        stream.commands += append.first.command_id.bytes
        if isinstance(stream.game, Over):
            del self._streams[game]
            self._finished.add(game)

    def take_unreadable(self, finding: Finding) -> Iterator[Finding]:
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
        if logged.game in self._finished:
            return f"{logged.type} comes after the end of the game"
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

    def _break(self, finding: Finding) -> Finding:
        if finding.game is None:
            return finding
        game = GameId(finding.game)
        if self._append is not None and self._append.first.game == game:
            self._append = None
        self._streams.pop(game, None)
        self._finished.discard(game)
        self._broken.add(game)
        return finding


def _holds(commands: bytes, command_id: UUID) -> bool:
    found = commands.find(command_id.bytes)
    while found % _UUID_BYTES and found != -1:
        found = commands.find(command_id.bytes, found + 1)
    return found != -1
