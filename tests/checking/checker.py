"""Does what everybody was told agree with the log, and the log with the rules of the game?

Nothing here knows the server, nor how the journals came about: plain comparison of journals, log and naive model.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any

from tests.checking.journal import Command, GameJournal, LoggedEvent, Outcome, Stream
from tests.model import Model


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, in which game, and how it shows."""

    promise: str
    game: str
    what: str
    version: int | None = None
    """Where in the game, if that is known."""

    def __str__(self) -> str:
        return f"[{self.promise}] {self.game}: {self.what}"


def check_game(journal: GameJournal, log: Sequence[LoggedEvent]) -> list[Violation]:
    """Hold a game's journal against its events in the log, which come in the order of their positions."""
    complaints = [("honest answers", what) for what in journal.complaints]
    found = [
        *complaints,
        *_versions(log),
        *_commands(journal, log),
        *_observers(journal.streams, log),
        *_rules(journal, log),
    ]
    return [Violation(promise, journal.game, what) for promise, what in found]


Found = Iterator[tuple[str, str]]


def _versions(log: Sequence[LoggedEvent]) -> Found:
    versions = [event.version for event in log]
    if versions != list(range(1, len(log) + 1)):
        yield "versions 1 to n, one winner each", f"the log has the versions {versions}"


def _commands(journal: GameJournal, log: Sequence[LoggedEvent]) -> Found:
    runs = [list(run) for _, run in groupby(log, key=lambda event: event.command_id)]
    times = Counter(run[0].command_id for run in runs)
    run_of = {run[0].command_id: run for run in runs}
    for command in journal.commands.values():
        count = times[command.id]
        match command.outcome:
            case Outcome.OK if count != 1:
                yield "an acknowledged command is in the log once", f"{_show(command)} is there {count} times"
            case Outcome.OK if run_of[command.id][-1].version != command.version:
                yield "a command is told where it led", f"{_show(command)} led to {_places(run_of[command.id])}"
            case Outcome.REFUSED if count:
                yield "a refused command is absent", f"{_show(command)} is at {_places(run_of[command.id])}"
            case _ if count > 1:
                yield "a command is carried out at most once", f"{_show(command)} is there {count} times"
    for run in runs:
        if run[0].type not in ("GameOpened", "GameStarted"):
            yield from _origin(journal.commands.get(run[0].command_id), run)


def _origin(command: Command | None, run: list[LoggedEvent]) -> Found:
    """What is in the log was asked for, and is what was asked for."""
    if command is None:
        yield "nothing happens that nobody asked for", f"{run[0].type} at {_places(run)} by {run[0].command_id}"
        return
    told = run[0].data if command.column else {}
    wanted = {"player": command.player, "column": command.column} if command.column else {}
    kind = "MoveMade" if command.column else "GameFinished"
    if run[0].type != kind or told != wanted or run[0].version != command.expected_version + 1:
        yield "what happens is what was asked for", f"{_show(command)} became {run[0]}"


def _observers(streams: Iterable[Stream], log: Sequence[LoggedEvent]) -> Found:
    for stream in streams:
        seen = [event.version for event in stream.events]
        if seen != list(range(stream.after + 1, stream.after + 1 + len(seen))):
            yield "an observer sees a prefix of the log", f"{stream.observer} after {stream.after} saw {seen}"
            continue
        for event in stream.events:
            logged = log[event.version - 1] if event.version <= len(log) else None
            if logged is None or (logged.type, logged.data) != (event.type, event.data):
                yield "an observer sees what is in the log", f"{stream.observer} saw {event}, logged is {logged}"
                break
        if stream.is_open and stream.version != len(log):
            what = f"{stream.observer} ended at {stream.version} of {len(log)}"
            yield "all observers see the last event", what


def _rules(journal: GameJournal, log: Sequence[LoggedEvent]) -> Found:
    """Play the game anew by the naive model: the log must be legal, and the served state its outcome."""
    if [event.type for event in log[:2]] != ["GameOpened", "GameStarted"]:
        yield "the log is a legal game", f"it begins with {[event.type for event in log[:2]]}"
        return
    seats = {"player_one": journal.player_one, "player_two": journal.player_two}
    if log[1].data != seats:
        yield "the log is a legal game", f"{log[1].data} started it, not {seats}"
        return
    acts = tuple(_act(journal, event) for event in log[2:])
    illegal, state = _replay(acts)
    if illegal is not None:
        yield "the log is a legal game", f"{log[2 + illegal]} is not what the rules allow there"
    elif journal.served is not None:
        wanted = {"id": journal.game, **state, **{seat: seats[seat] for seat in seats}}
        mover = state["next_player"]
        wanted["next_player"] = {"one": journal.player_one, "two": journal.player_two}.get(str(mover))
        if journal.served != wanted:
            yield "the served state is the replayed log", f"{journal.served} is served instead of {wanted}"


def _act(journal: GameJournal, event: LoggedEvent) -> tuple[str, ...]:
    """Return what happened in the model's words, so that equal games of other players are replayed only once."""
    match event.type:
        case "MoveMade":
            seat = {journal.player_one: "one", journal.player_two: "two"}.get(event.data["player"], "nobody")
            return ("move", seat, event.data["column"])
        case "GameFinished":
            return ("end", event.data["result"], event.data["reason"])
        case _:
            return ("?", event.type)


@lru_cache(maxsize=4096)
def _replay(acts: tuple[tuple[str, ...], ...]) -> tuple[int | None, dict[str, Any]]:
    """Return the index of the first illegal act, if any, and the state they lead to."""
    model = Model()
    is_ended = False
    for index, act in enumerate(acts):
        match act:
            case ("move", seat, column) if not model.result:
                is_legal = model.move(seat, column) is None
            case ("end", result, "RESIGNATION") if not model.result:
                is_legal = model.resign("one" if result == "PLAYER_TWO_WON" else "two") is None
                is_ended = True
            case ("end", result, reason) if not is_ended:
                is_legal = (result, reason) == (model.result, model.reason)
                is_ended = True
            case _:
                is_legal = False
        if not is_legal:
            return index, {}
    if model.result and not is_ended:
        return len(acts) - 1, {}
    return None, model.state(2 + len(acts))


@dataclass(slots=True)
class LogFollower:
    """Reads the whole log as it grows, like anybody who asks for what lies beyond the last position."""

    position: int = 0
    violations: list[Violation] = field(default_factory=list)
    _versions: dict[str, int] = field(default_factory=dict)

    def follow(self, events: Iterable[tuple[int, str, int, str]]) -> None:
        """Take the position, the game, the version and the type of each event beyond `position`."""
        for position, game, version, type_ in events:
            if position != self.position + 1:
                what = f"position {position} follows {self.position}"
                self.violations.append(Violation("positions are dense, in the order of commits", game, what))
            if version != self._versions.get(game, 0) + 1:
                what = f"version {version} follows {self._versions.get(game, 0)}"
                self.violations.append(Violation("versions 1 to n, one winner each", game, what))
            self.position = position
            self._versions[game] = version
            if type_ == "GameFinished":
                del self._versions[game]

    @property
    def unfinished(self) -> int:
        """How many games have begun and not ended."""
        return len(self._versions)


def _show(command: Command) -> str:
    told = {Outcome.OK: f"ok {command.version}", Outcome.REFUSED: f"refused {command.code}"}
    what = command.column or "resign"
    return f"{command.id} ({what} at {command.expected_version}: {told.get(command.outcome, 'unknown')})"


def _places(run: Sequence[LoggedEvent]) -> str:
    return ", ".join(str(event.version) for event in run)
