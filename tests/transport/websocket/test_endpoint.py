"""What the endpoint watches over while websockets are open."""

import asyncio

import pytest

from server.database.pool import Connection
from server.transport.websocket import endpoint
from tests.serving.in_process import close_code_of, peer_of, post, serving


async def test_the_websocket_of_an_erased_player_is_closed(
    database_url: str, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erasing a player would be worth little if their open page could play on; others are not disturbed."""
    monkeypatch.setattr(endpoint, "CHECK_PLAYERS_EVERY_S", 0.2)
    monkeypatch.setattr(endpoint, "SWEEP_EVERY_S", 0.1)
    async with serving(database_url) as port:
        ann, bob = [await post(port, "/api/players", {"name": name}) for name in ("Ann", "Bob")]
        async with peer_of(port, token=ann["token"]) as erased, peer_of(port, token=bob["token"]) as other:
            await owner.execute("DELETE FROM fourfold.players WHERE id = $1", ann["id"])
            assert await close_code_of(erased) == 1008
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await close_code_of(other)
