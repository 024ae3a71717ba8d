"""The ids of new games."""

import secrets
from typing import Final

from server.domain.vocabulary import GameId

_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH: Final = 12


def new_game_id() -> GameId:
    """Return an id that nobody guesses: 12 characters that are hard to confuse, 59 bits of chance."""
    letters = len(_ALPHABET)
    number = secrets.randbelow(letters**_LENGTH)
    return GameId("".join(_ALPHABET[number // letters**place % letters] for place in range(_LENGTH)))
