"""How a command's user names a game."""

from server.domain.vocabulary import GameId


def game_of(link: str) -> GameId:
    """Return the id of a game, given as its link or as the last part of it."""
    return GameId(link.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[2])
