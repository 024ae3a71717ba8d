"""A game from its log, board by board: what event sourcing is about, on a terminal."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TextIO, assert_never

import asyncpg

from server.database.pool import open_pool
from server.domain.board import Board
from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TimeCredited,
    players_in,
)
from server.domain.game import UNOPENED, Game, InProgress, evolve
from server.domain.vocabulary import GameId, PlayerId
from server.eventstore.codec import RecordedEvent, name_of
from server.eventstore.store import EventStore
from server.eventstore.writer import Writer
from server.identity.players import Players
from server.settings.reachable_database import NoDatabaseError, game_of

_RED, _YELLOW, _BOLD, _DIM, _MARK, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[7m", "\x1b[0m"
_DISCS: Final = {"R": f"{_RED}●", "Y": f"{_YELLOW}○", ".": f"{_DIM}·"}  # they differ by more than colour


class UnknownGameError(Exception):
    """The log has no such game."""


async def replay(url: str, link: str, out: TextIO) -> None:
    """Print every event of a game and the board it leads to; `link` is the game's link or the last part of it.

    In colour when `out` is a terminal, unless the environment has NO_COLOR.

    Raises:
        UnknownGameError: the log has no event of this game.
        NoDatabaseError: the database cannot be used.
    """
    game = game_of(link)
    try:
        recorded, names = await _read(url, game)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NoDatabaseError.because(url, error) from error
    if not recorded:
        raise UnknownGameError(f"There is no game {game!r} in this log.")
    in_colour = out.isatty() and "NO_COLOR" not in os.environ
    out.writelines(line + "\n" for line in lines(recorded, names, in_colour=in_colour))


def lines(
    recorded: list[RecordedEvent], names: Mapping[PlayerId, str], *, in_colour: bool = False
) -> Iterator[str]:
    """Yield the lines that describe a game; players without a name are called by their id."""
    state: Game = UNOPENED
    width = max(len(name_of(entry.event)) for entry in recorded)
    for entry in recorded:
        before, state = state, evolve(state, entry.event)
        at = entry.recorded_at.strftime("%Y-%m-%d %H:%M:%S")
        head = f"{entry.version:>3}  {name_of(entry.event):<{width}}"
        sentence = _sentence(entry.event, before, lambda player: names.get(player, player))
        yield f"{_BOLD}{head}{_PLAIN}  {_DIM}{at}{_PLAIN}  {sentence}" if in_colour else f"{head}  {at}  {sentence}"
        if isinstance(state, InProgress) and isinstance(entry.event, GameStarted | MoveMade):
            yield from ("", *_drawn(state.board, in_colour=in_colour), "")


async def _read(url: str, game: GameId) -> tuple[list[RecordedEvent], dict[PlayerId, str]]:
    pool = await open_pool(url, max_size=1)
    try:
        recorded = await EventStore(pool, Writer(pool)).read_stream(game)
        players = {player for entry in recorded for player in players_in(entry.event)}
        return recorded, await Players(pool).names(players)
    finally:
        await pool.close()


def _sentence(event: GameEvent, before: Game, name: Callable[[PlayerId], str]) -> str:  # noqa: C901, PLR0911 — a line an event
    match event:
        case GameOpened(opener, color):
            return f"{name(opener)} waits for an opponent and plays {color}{_terms(event)}"
        case GameStarted(player_one, player_two, replayed):
            origin = f"; moves taken over: {replayed}" if replayed else ""
            return f"{name(player_one)} is RED and begins, {name(player_two)} is YELLOW{origin}"
        case MoveMade(player, column):
            token = before.board.next_token if isinstance(before, InProgress) else "?"
            took = f" after {event.took_ms / 1000:.1f} s" if event.took_ms is not None else ""
            return f"{name(player)} ({token}) drops into {column}{took}"
        case DrawOffered(player):
            return f"{name(player)} offers a draw"
        case DrawDeclined(player):
            return f"{name(player)} declines the draw"
        case TimeCredited(player_one_ms, player_two_ms, reason):
            return f"{player_one_ms / 1000:.1f} s back for RED, {player_two_ms / 1000:.1f} s for YELLOW: {reason}"
        case RematchOffered(player):
            return f"{name(player)} offers a rematch"
        case RematchDeclined(player):
            return f"{name(player)} declines the rematch"
        case RematchAccepted(new_game):
            return f"both play again: {new_game}"
        case GameFinished(result, reason):
            cells = " ".join(before.board.winning_cells()) if isinstance(before, InProgress) else ""
            return f"{result} by {reason}" + (f": {cells}" if cells else "")
        case _:
            assert_never(event)


def _terms(opened: GameOpened) -> str:
    clock, previous, origin = opened.clock, opened.previous, opened.origin
    terms = [
        f"{clock.initial_s} s + {clock.increment_s} s a move" if clock else "",
        f"the rematch of {previous}" if previous else "",
        f"on from version {origin.version} of {origin.game}" if origin else "",
    ]
    return "".join(f", {term}" for term in terms if term)


def _drawn(board: Board, *, in_colour: bool) -> Iterator[str]:
    winning = set(board.winning_cells())
    for number, row in zip(range(6, 0, -1), board.rows(), strict=True):
        cells = (
            _cell(disc, is_winning=f"{column}{number}" in winning) if in_colour else disc
            for column, disc in zip("ABCDEFG", row, strict=True)
        )
        yield f"     {number}  " + " ".join(cells)
    yield "        A B C D E F G"


def _cell(disc: str, *, is_winning: bool) -> str:
    return f"{_MARK if is_winning else ''}{_DISCS[disc]}{_PLAIN}"
