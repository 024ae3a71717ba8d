"""Tokens that prove who somebody is: a player's id, signed.

A token is `id.signature` with an HMAC-SHA-256 under the server's key (RFC 2104), so that it is checked without a
look-up. It is a secret of its player: never in a URL, an event, a log or anything that others receive.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from server.domain.vocabulary import PlayerId


class Tokens:
    """Issues tokens and checks them, with one key for all processes that serve the same players."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, player: PlayerId) -> str:
        """Return the token that proves to be `player`."""
        return f"{player}.{self._signature(player)}"

    def player_of(self, token: str) -> PlayerId | None:
        """Return whom `token` proves to be, or None when it proves nothing."""
        player, _, signature = token.partition(".")
        # Compared as bytes: compare_digest refuses text beyond ASCII, and a token may hold anything.
        if hmac.compare_digest(signature.encode(), self._signature(player).encode()):
            return PlayerId(player)
        return None

    def _signature(self, player: str) -> str:
        digest = hmac.digest(self._key, b"fourfold player\0" + player.encode(), sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()
