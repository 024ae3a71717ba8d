"""A request as a piece of data, and the requests in which nothing is wrong, which the bad ones are made of.

`{game}` in a path stands for a game in which the sender is to move at version `VERSION`: were the one mistake of a
bad request overlooked, the game would go on and the log would show it.
"""

from dataclasses import dataclass, field

VERSION = 4

JSON: dict[str, str | None] = {"Content-Type": "application/json"}
IF_MATCH: dict[str, str | None] = {"If-Match": f'"{VERSION}"'}
MOVES = "/api/games/{game}/moves"


@dataclass(frozen=True, slots=True)
class Request:
    """A request; with the rights of the player who is to move, unless its headers say otherwise."""

    name: str
    method: str
    path: str
    headers: dict[str, str | None] = field(default_factory=dict)
    body: bytes = b""


def post(name: str, path: str, body: bytes) -> Request:
    return Request(name, "POST", path, JSON | (IF_MATCH if path == MOVES else {}), body)


def good(path: str) -> bytes:
    """A body in which nothing is wrong."""
    return {"/api/players": b'{"name":"Ann"}', "/api/games": b'{"color":"red"}', MOVES: b'{"column":"D"}'}.get(
        path, b"{}"
    )
