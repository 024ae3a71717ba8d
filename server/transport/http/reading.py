"""What resources read of a game: all that was committed before they asked, and its events as they are sent."""

from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.domain.vocabulary import GameId, Version
from server.transport.problems import ProblemError


async def newest(games: LiveGames, game_id: GameId) -> LiveGame:
    """Return a game with everything that was committed before this call.

    Raises:
        ProblemError: there is no such game.
        StoreUnavailableError: Postgres did not answer in time.
        UnreadableGameError: the history can't be understood.
    """
    live = games.in_memory(game_id)
    if live is not None:
        await live.catch_up()
        return live
    live = await games.get(game_id)  # reads it now
    if live.version == 0:
        raise ProblemError("unknown_game", "There is no such game: check the link.")
    return live


def encoded_after(live: LiveGame, after: Version) -> list[str]:
    """Return the events of a game after a version, each as JSON."""
    return live.encoded[after:]
