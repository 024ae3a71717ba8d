"""Which command can have made events happen: the way back from an append to what was asked for."""

from collections.abc import Sequence
from typing import assert_never

from server.domain.commands import (
    Abort,
    AcceptDraw,
    AcceptRematch,
    CallFlag,
    ClaimDraw,
    ClaimWin,
    Command,
    CreditTime,
    DeclineDraw,
    DeclineRematch,
    ExpireGame,
    JoinGame,
    MakeMove,
    OfferDraw,
    OfferRematch,
    OpenGame,
    OpenRematch,
    Resign,
)
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
)
from server.domain.game import Finished, Game, InProgress, Open
from server.domain.play_on import columns_of
from server.domain.repeated import timing_of
from server.domain.vocabulary import Column, EndReason, GameId, GameResult


def command_behind(events: Sequence[GameEvent], game: Game) -> Command | None:  # noqa: C901, PLR0911
    """Return the command that can have made an append of at least one event, or None if there is none.

    It is the only one, but for what leaves no trace: who of two players agreed, or how long a turn really lasted.
    """
    event = events[0]
    match event:
        case GameOpened():
            return _opening(event, events)
        case GameStarted():
            return _joining(event, columns_of(events), game)
        case MoveMade(player, column):
            return MakeMove(player, column, timing_of(event))
        case DrawOffered(player):
            return OfferDraw(player)
        case DrawDeclined(player):
            return DeclineDraw(player)
        case TimeCredited(player_one_ms, player_two_ms, reason):
            return (
                CreditTime(player_one_ms, player_two_ms, reason) if min(player_one_ms, player_two_ms) >= 0 else None
            )
        case GameFinished():
            return _ending(event, game)
        case RematchOffered(player):
            return OfferRematch(player, GameId(""))
        case RematchDeclined(player):
            return DeclineRematch(player)
        case RematchAccepted(new_game):
            return _agreement(new_game, game)
        case _:
            assert_never(event)


def _opening(opened: GameOpened, events: Sequence[GameEvent]) -> Command | None:
    if opened.previous is None:
        return OpenGame(opened.opener, opened.color, opened.public, opened.clock, opened.origin)
    match events:
        case [_, GameStarted(player_one, player_two), *_]:
            return OpenRematch(opened.previous, opened.opener, player_one, player_two, opened.public, opened.clock)
        case _:
            return None


def _joining(started: GameStarted, opening: tuple[Column, ...], game: Game) -> Command | None:
    if not isinstance(game, Open):
        return None
    opener_first = started.player_one == game.opener
    joining = started.player_two if opener_first else started.player_one
    return JoinGame(joining, opener_first, opening)


def _agreement(new_game: GameId, game: Game) -> Command | None:
    if not isinstance(game, Finished) or game.rematch.open_by is None:
        return None
    return AcceptRematch(game.opponent_of(game.rematch.open_by), new_game)


def _ending(end: GameFinished, game: Game) -> Command | None:  # noqa: PLR0911 — a line a command
    """Return the command, other than a move, that can have ended a game so."""
    match end, game:
        case GameFinished(GameResult.PLAYER_ONE_WON, EndReason.RESIGNATION), InProgress(_, player_two):
            return Resign(player_two)
        case GameFinished(GameResult.PLAYER_TWO_WON, EndReason.RESIGNATION), InProgress(player_one):
            return Resign(player_one)
        case GameFinished(GameResult.TIED, EndReason.AGREEMENT), InProgress(draws=draws) if draws.open_by:
            return AcceptDraw(game.opponent_of(draws.open_by))
        case GameFinished(reason=EndReason.TIMEOUT), InProgress(flag_falls_after_ms=int(limit_ms)):
            return CallFlag(limit_ms)
        case GameFinished(GameResult.PLAYER_ONE_WON, EndReason.ABANDONMENT), InProgress(player_one):
            return ClaimWin(player_one, opponent_gone=True)
        case GameFinished(GameResult.PLAYER_TWO_WON, EndReason.ABANDONMENT), InProgress(_, player_two):
            return ClaimWin(player_two, opponent_gone=True)
        case GameFinished(GameResult.TIED, EndReason.ABANDONMENT), InProgress(player_one):
            return ClaimDraw(player_one, opponent_gone=True)
        case GameFinished(GameResult.ABORTED, EndReason.ABORTED), Open(player) | InProgress(player):
            return Abort(player)
        case GameFinished(GameResult.ABORTED, EndReason.EXPIRED), _:
            return ExpireGame()
        case _:
            return None
