"""A game's state as JSON: what its events up to a version make of it."""

import msgspec

from server.application.live_game import LiveGame
from server.domain.board import Board
from server.domain.game import Finished, Game, InProgress, NeverStarted, Open, Unopened, fold
from server.domain.vocabulary import GameId, GameResult, PlayerId, Version


class GameState(msgspec.Struct, frozen=True):
    """A game at a version. `board` has six rows of seven cells, top row first: "." empty, "R" red, "Y" yellow.

    `winning_cells` are named by column and row from the bottom, "A1" to "G6".
    """

    id: GameId
    version: Version
    status: str
    board: list[str]
    player_one: PlayerId | None = None
    player_two: PlayerId | None = None
    next_player: PlayerId | None = None
    result: str | None = None
    reason: str | None = None
    winning_cells: list[str] = []


def state_at(live: LiveGame, version: Version) -> GameState:
    """Return the state of a game at a version that its history reaches."""
    if version == live.version:
        return state_of(live.id, version, live.game)
    return state_of(live.id, version, fold(recorded.event for recorded in live.history[:version]))


def state_of(game_id: GameId, version: Version, game: Game) -> GameState:
    """Return the state that a fold stands for."""
    match game:
        case Unopened() | Open():
            return GameState(game_id, version, "open", list(Board().rows()))
        case InProgress(player_one, player_two, board):
            return GameState(
                game_id,
                version,
                "live",
                list(board.rows()),
                player_one,
                player_two,
                game.next_player,
            )
        case Finished(player_one, player_two, board, result, reason):
            return GameState(
                game_id,
                version,
                "finished",
                list(board.rows()),
                player_one,
                player_two,
                None,
                result,
                reason,
                list(board.winning_cells()),
            )
        case NeverStarted(_, reason):
            return GameState(
                game_id, version, "finished", list(Board().rows()), result=GameResult.ABORTED, reason=reason
            )
