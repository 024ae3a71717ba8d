"""Moves over plain HTTP: the version that was seen is the precondition, and a key makes a move repeatable."""

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.outcomes import Accepted
from server.domain.commands import MakeMove
from server.transport.http import requests
from server.transport.http.guards import Guards
from server.transport.http.reading import newest
from server.transport.http.responses import json_response
from server.transport.limits import KeyedLimit
from server.transport.problems import ProblemError

_NEW_MOVE: Final = msgspec.json.Decoder(requests.NewMove)


@dataclass(frozen=True, slots=True)
class MovesResource:
    """`/api/games/{id}/moves`; `moves` limits how fast one player moves."""

    guards: Guards
    games: LiveGames
    commands: CommandPath
    moves: KeyedLimit

    async def make(self, request: Request) -> Response:
        """Make a move in a game that the client saw at the version it names."""
        player = await self.guards.player(request)
        if not self.moves.take(player.id):
            raise ProblemError("too_many_requests", "You move faster than this server allows: slow down.")
        game = requests.game_id(request)
        expected = requests.expected_version(request)
        command_id = requests.command_id(request, player.id, uuid4())
        wanted = await requests.body(request, _NEW_MOVE)
        if self.games.in_memory(game) is None:
            async with self.guards.read(request):  # anybody who asks becomes a player, and may make up ids
                await newest(self.games, game)
        accepted = await self.commands.act(MakeMove(player.id, wanted.column), game, expected, command_id)
        return json_response({"version": accepted.version}, 201, _headers_of(accepted))


def _headers_of(accepted: Accepted) -> dict[str, str]:
    headers = {
        "ETag": f'"{accepted.version}"',
        "Location": f"/api/games/{accepted.game}?version={accepted.version}",
    }
    return {**headers, "Idempotent-Replayed": "true"} if accepted.duplicate else headers
