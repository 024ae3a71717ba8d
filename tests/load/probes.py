"""What is asked for besides moves: commands that must be refused in exactly one way, and commands sent again.

A probe is sent when nothing else is under way in its game, so that its answer is certain; the move waits for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.checking.journal import Command, Event, Outcome
from tests.checking.messages import Accepted, Rejected
from tests.load.client import Client

if TYPE_CHECKING:
    from tests.load.match import Match

ROWS: Final = 6


@dataclass(frozen=True, slots=True)
class Probe:
    """A command, and the code it must be refused with; None if it must be accepted as a duplicate."""

    kind: str
    client: Client
    player: str
    expected_version: int
    column: str | None
    code: str | None
    repeats: Command | None = None


def probe_for(match: "Match") -> Probe | None:
    """Return something to ask for at this moment of a game; None if what was drawn is not possible now."""
    return match.table.chance.choice(_KINDS)(match)


def after_the_end(match: "Match") -> Probe:
    """Return a move in a game that is over."""
    client = match.seats[match.version % 2]
    return Probe("after the end", client, client.player or "", match.version, "A", "game_finished")


def answer_breaks(probe: Probe, answer: Accepted | Rejected, known: Sequence[Event]) -> str | None:
    """Return what is wrong with the answer to a probe, None if nothing is."""
    if isinstance(answer, Accepted):
        if probe.repeats is None:
            return f"accepted at {answer.version}, not refused as {probe.code}"
        if not answer.duplicate or answer.version != probe.repeats.version:
            return f"carried out before at {probe.repeats.version}, but now answered otherwise"
        return None
    if answer.code != probe.code:
        return f"refused as {answer.code}, not {'accepted as a duplicate' if probe.code is None else probe.code}"
    if answer.version != len(known) or answer.events != list(known[probe.expected_version :]):
        return f"refused rightly, but told {len(answer.events)} events up to version {answer.version}"
    return None


def _stale(match: "Match") -> Probe | None:
    return _of_the_mover(match, "stale", "wrong_expected_version", -1)


def _ahead(match: "Match") -> Probe | None:
    return _of_the_mover(match, "ahead", "wrong_expected_version", 1)


def _of_the_mover(match: "Match", kind: str, code: str, offset: int) -> Probe | None:
    mover = match.mover
    return Probe(kind, mover, mover.player or "", match.version + offset, _column(match), code)


def _out_of_turn(match: "Match") -> Probe | None:
    other = next(client for client in match.seats if client is not match.mover)
    if match.views[match.seats.index(other)].version < match.version:
        return None  # it has not seen the turn pass; what it would be told first is uncertain
    return Probe("out of turn", other, other.player or "", match.version, _column(match), "not_your_turn")


def _full_column(match: "Match") -> Probe | None:
    made = [event.data["column"] for event in match.events if event.type == "MoveMade"]
    full = [column for column in "ABCDEFG" if made.count(column) == ROWS]
    mover = match.mover
    return Probe("full column", mover, mover.player or "", match.version, full[0], "column_full") if full else None


def _stranger(match: "Match") -> Probe | None:
    stranger = match.table.stranger(match)
    if stranger is None:
        return None
    return Probe("stranger", stranger, stranger.player or "", match.version, _column(match), "not_a_player")


def _guest(match: "Match") -> Probe | None:
    guests = [view for view in match.views if view.client.player is None and view.version == match.version]
    if not guests:
        return None
    return Probe("guest", guests[0].client, "", match.version, _column(match), "not_authenticated")


def _again(match: "Match") -> Probe | None:
    done = [command for command in match.commands.values() if command.outcome is Outcome.OK]
    if not done:
        return None
    command = done[-1]
    client = next(client for client in match.seats if client.player == command.player)
    return Probe("again", client, command.player, command.expected_version, command.column, None, repeats=command)


def _column(match: "Match") -> str:
    column = match.script[match.version - 2]
    return column or "A"


_KINDS: Final[Sequence[Callable[["Match"], Probe | None]]] = (
    _stale,
    _ahead,
    _out_of_turn,
    _full_column,
    _stranger,
    _guest,
    _again,
)
