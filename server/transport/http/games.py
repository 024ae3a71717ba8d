"""Games: opening one, joining it, its state at each version, and its events."""

from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.domain.vocabulary import Version
from server.transport.encoding import EncodedGames
from server.transport.http import requests
from server.transport.http.event_streams import EventStreams
from server.transport.http.guards import Guards
from server.transport.http.reading import newest
from server.transport.http.responses import json_response
from server.transport.http.state import state_at
from server.transport.problems import ProblemError

_NEW_GAME: Final = msgspec.json.Decoder(requests.NewGame)
_NOTHING: Final = msgspec.json.Decoder(requests.Nothing)

_REVALIDATE: Final = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class GamesResource:
    """`/api/games` (to open one) and `/api/games/{id}` with all below it but the moves."""

    guards: Guards
    games: LiveGames
    commands: CommandPath
    encoded: EncodedGames
    event_streams: EventStreams

    async def open(self, request: Request) -> Response:
        """Open a game and take a seat in it."""
        player = await self.guards.player(request)
        wanted = await requests.body(request, _NEW_GAME)
        if wanted.clock is not None:
            raise ProblemError("clock_not_supported", "Games have no clock yet: leave `clock` out, or send null.")
        origin = self.guards.origins.for_links(request)
        if origin is None:
            raise ProblemError("bad_message", "The Host header is not a host: the game's link can't be made.")
        opened = await self.commands.open_game(player.id, wanted.color, public=wanted.public)
        created = {"id": opened.game, "url": f"{origin}/games/{opened.game}", "version": opened.version}
        return json_response(created, 201, {"Location": f"/api/games/{opened.game}"})

    async def join(self, request: Request) -> Response:
        """Take the free seat of a game."""
        player = await self.guards.player(request)
        await requests.body(request, _NOTHING)
        game = requests.game_id(request)
        if self.games.in_memory(game) is None:
            async with self.guards.read(request):
                await newest(self.games, game)
        joined = await self.commands.join_game(player.id, game)
        seats = {"player_one": joined.player_one, "player_two": joined.player_two}
        return json_response({"version": joined.version, **seats})

    async def state(self, request: Request) -> Response:
        """Answer with the state of a game, now or at an earlier version."""
        requests.only_parameters(request, "version")
        live = await newest(self.games, requests.game_id(request))
        version = Version(requests.integer(request, "version", live.version) or 0)
        if not 1 <= version <= live.version:
            raise ProblemError("unknown_version", f"The game has the versions 1 to {live.version}.")
        headers = {"ETag": f'"{version}"', **_REVALIDATE}
        if requests.has_version(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return json_response(state_at(live, version), headers=headers)

    async def events(self, request: Request) -> Response:
        """Answer with the events of a game: as one JSON object, as lines of JSON, or live as they happen."""
        requests.only_parameters(request, "after")
        live = await newest(self.games, requests.game_id(request))
        after = Version(requests.integer(request, "after", 0) or 0)
        match requests.event_format(request):
            case "text/event-stream":
                return self.event_streams.live(request, live, after)
            case "application/x-ndjson":
                lines = "".join(f"{event}\n" for event in self.encoded.of(live).events_after(after))
                return Response(lines, media_type="application/x-ndjson")
            case "application/json":
                events = ",".join(self.encoded.of(live).events_after(after))
                return Response(f'{{"events":[{events}]}}', media_type="application/json")
