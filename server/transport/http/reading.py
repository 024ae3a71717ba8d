"""What resources read of a game: all that was committed before they asked."""

from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.domain.vocabulary import GameId
from server.transport.problems import ProblemError


async def newest(games: LiveGames, game_id: GameId) -> LiveGame:
    """Return a game with everything that was committed before this call.

    Raises:
        ProblemError: there is no such game.
        StoreUnavailableError: Postgres did not answer in time.
        UnreadableGameError: the history can't be understood.
    """
    live = await games.newest(game_id)
    if live.version == 0:
        raise ProblemError("unknown_game", "There is no such game: check the link.")
    return live
