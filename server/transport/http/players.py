"""Players: making one, and asking who one is."""

import secrets
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.domain.vocabulary import PlayerId
from server.identity.names import normalized_name
from server.identity.players import Player, Players
from server.transport.http import requests
from server.transport.http.guards import Guards
from server.transport.http.responses import json_response

_NEW_PLAYER: Final = msgspec.json.Decoder(requests.NewPlayer)


@dataclass(frozen=True, slots=True)
class PlayersResource:
    """`/api/players` and `/api/me`."""

    guards: Guards
    players: Players

    async def create(self, request: Request) -> Response:
        """Make a new player, and have the browser remember them."""
        wanted = await requests.body(request, _NEW_PLAYER)
        player = Player(PlayerId(secrets.token_hex(8)), normalized_name(wanted.name))
        await self.players.add(player)
        token = self.guards.identification.token_for(player.id)
        response = json_response({"id": player.id, "name": player.name, "token": token}, 201)
        self.guards.identification.remember(response, token, secure=request.scope["scheme"] == "https")
        return response

    async def me(self, request: Request) -> Response:
        """Answer who makes the request."""
        player = await self.guards.player(request)
        return json_response({"id": player.id, "name": player.name})
