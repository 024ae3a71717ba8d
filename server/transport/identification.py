"""Which player is behind a request or a socket: told by a signed cookie (browsers) or a bearer token (programs)."""

import time
from collections.abc import Collection
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.domain.vocabulary import PlayerId
from server.identity.players import Player, Players
from server.identity.tokens import Tokens

COOKIE: Final = "fourfold"

KNOWN_FOR_S: Final = 10.0
"""How long a player that was looked up is known without looking again: so long may one act who was erased."""

MAX_KNOWN: Final = 10_000

_COOKIE_LIFETIME_S: Final = 365 * 24 * 3600


class Identification:
    """Reads who somebody is, and lets a browser remember it."""

    def __init__(self, tokens: Tokens, players: Players) -> None:
        self._tokens = tokens
        self._players = players
        self._now = time.monotonic
        self._known: dict[PlayerId, tuple[float, Player]] = {}

    def claimed(self, connection: HTTPConnection) -> PlayerId | None:
        """Return the player that the token of `connection` proves, or None for a guest."""
        token = bearer_token(connection) or connection.cookies.get(COOKIE)
        return self._tokens.player_of(token) if token else None

    async def player(self, connection: HTTPConnection) -> Player | None:
        """Return the player behind `connection`, or None for a guest (or somebody who has been erased).

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        claimed = self.claimed(connection)
        if claimed is None:
            return None
        known = self._known.get(claimed)
        if known is not None and self._now() < known[0]:
            return known[1]
        player = await self._players.find(claimed)
        if player is not None:
            self._remember_for_now(player)
        return player

    async def erased_among(self, players: Collection[PlayerId]) -> set[PlayerId]:
        """Return those of `players` that have been erased.

        Raises:
            PlayersUnavailableError: Postgres did not answer in time.
        """
        return set(players) - (await self._players.names(players)).keys()

    def _remember_for_now(self, player: Player) -> None:
        self._known.pop(player.id, None)
        self._known[player.id] = (self._now() + KNOWN_FOR_S, player)
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def token_for(self, player: PlayerId) -> str:
        """Return the token that proves to be `player`."""
        return self._tokens.issue(player)

    def remember(self, response: Response, token: str, *, secure: bool) -> None:
        """Have the browser send `token` from now on: not readable by scripts, not sent from other sites."""
        response.set_cookie(
            COOKIE, token, max_age=_COOKIE_LIFETIME_S, path="/", httponly=True, samesite="lax", secure=secure
        )


def bearer_token(connection: HTTPConnection) -> str | None:
    """Return the token in an `Authorization: Bearer` header (RFC 6750), or None."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
