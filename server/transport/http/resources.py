"""The HTTP resources: players, games, moves, states and events."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.application.command_path import CommandPath
from server.application.live_game import LiveGame
from server.application.live_games import LiveGames
from server.application.names import Names
from server.application.outcomes import Accepted, RefusedError
from server.domain.commands import MakeMove
from server.domain.vocabulary import PlayerId, Version
from server.identity.names import InvalidNameError, normalized_name
from server.identity.players import Player, Players
from server.projections.lobby import STATUSES, Lobby, Status
from server.transport.encoding import EncodedGame
from server.transport.http import requests
from server.transport.http.event_streams import EventStreams
from server.transport.http.responses import json_response
from server.transport.http.state import state_at
from server.transport.identification import Identification
from server.transport.limits import AddressLimit, KeyedLimit
from server.transport.origins import Origins, is_valid_host, own_origin
from server.transport.problems import ProblemError, code_and_message

DEFAULT_PAGE: Final = 20
MAX_PAGE: Final = 100

_MAX_POSITION: Final = 2**63 - 1

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Resources:
    """What the HTTP resources are made of, and the resources themselves."""

    games: LiveGames
    commands: CommandPath
    lobby: Lobby
    players: Players
    names: Names
    identification: Identification
    origins: Origins
    new_things: AddressLimit
    moves: KeyedLimit
    event_streams: EventStreams

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the API."""
        return [
            Route("/api/players", self._changing(self.create_player), methods=["POST"]),
            Route("/api/me", self.me),
            Route("/api/games", self.games_resource, methods=["GET", "POST"]),
            Route("/api/games/{id}", self.state),
            Route("/api/games/{id}/join", self._changing(self.join), methods=["POST"]),
            Route("/api/games/{id}/events", self.events),
            Route("/api/games/{id}/moves", self._changing(self.move), methods=["POST"]),
        ]

    async def create_player(self, request: Request) -> Response:
        """Make a new player, and have the browser remember them."""
        self._limit(request)
        wanted = await requests.body(request, requests.NewPlayer)
        try:
            name = normalized_name(wanted.name)
        except InvalidNameError as error:
            raise ProblemError("invalid_name", str(error)) from error
        player = Player(PlayerId(secrets.token_hex(8)), name)
        await self.players.add(player)
        token = self.identification.token_for(player.id)
        response = json_response({"id": player.id, "name": player.name, "token": token}, 201)
        response.headers["Cache-Control"] = "no-store"
        self.identification.remember(response, token, secure=request.url.scheme == "https")
        return response

    async def me(self, request: Request) -> Response:
        """Tell who the cookie or the token stands for."""
        player = await self._player(request)
        return json_response({"id": player.id, "name": player.name}, headers={"Cache-Control": "no-store"})

    async def games_resource(self, request: Request) -> Response:
        """List games, or open one."""
        handler = self._changing(self.open_game) if request.method == "POST" else self.list_games
        return await handler(request)

    async def open_game(self, request: Request) -> Response:
        """Open a game and take a seat in it."""
        self._limit(request)
        player = await self._player(request)
        wanted = await requests.body(request, requests.NewGame)
        if wanted.clock is not None:
            raise ProblemError("clock_not_supported", "Games have no clock yet: leave `clock` out, or send null.")
        if not is_valid_host(request):
            raise ProblemError("bad_message", "The Host header is not a host: the game's link can't be made.")
        opened = await self.commands.open_game(player.id, wanted.color, public=wanted.public)
        url = f"{own_origin(request)}/games/{opened.game}"
        location = {"Location": f"/api/games/{opened.game}"}
        return json_response({"id": opened.game, "url": url, "version": opened.version}, 201, location)

    async def list_games(self, request: Request) -> Response:
        """List public games, newest first, a page at a time."""
        requests.only_parameters(request, "status", "limit", "cursor")
        limit = requests.integer(request, "limit", DEFAULT_PAGE, minimum=1, maximum=MAX_PAGE) or DEFAULT_PAGE
        before = requests.integer(request, "cursor", maximum=_MAX_POSITION)
        found = await self.lobby.page(_statuses(request), limit=limit + 1, before=before)
        page = found[:limit]
        seated = {p for game in page for p in (game.opener, game.player_one, game.player_two) if p is not None}
        games = []
        for game in page:
            listed = asdict(game)
            listed["id"] = listed.pop("game")
            del listed["opened_position"]
            games.append(listed)
        next_cursor = str(page[-1].opened_position) if len(found) > limit else None
        return json_response({"games": games, "players": await self.names.of(seated), "next_cursor": next_cursor})

    async def state(self, request: Request) -> Response:
        """Tell the state of a game, now or at an earlier version."""
        requests.only_parameters(request, "version")
        live = await self._game(request)
        version = Version(requests.integer(request, "version", live.version) or 0)
        if not 1 <= version <= live.version:
            raise ProblemError("unknown_version", f"The game has the versions 1 to {live.version}.")
        headers = {"ETag": f'"{version}"', "Cache-Control": "no-cache"}
        if requests.has_version(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return json_response(state_at(live, version), headers=headers)

    async def events(self, request: Request) -> Response:
        """Tell the events of a game: as one JSON object, as lines of JSON, or live as they happen."""
        requests.only_parameters(request, "after")
        live = await self._game(request)
        after = Version(requests.integer(request, "after", 0) or 0)
        match requests.event_format(request):
            case "text/event-stream":
                return self.event_streams.live(request, live, after)
            case "application/x-ndjson":
                lines = "".join(f"{event}\n" for event in EncodedGame(live).events_after(after))
                return Response(lines, media_type="application/x-ndjson")
            case _:
                listed = ",".join(EncodedGame(live).events_after(after))
                return Response(f'{{"events":[{listed}]}}', media_type="application/json")

    async def join(self, request: Request) -> Response:
        """Take the free seat of a game."""
        self._limit(request)
        player = await self._player(request)
        await requests.body(request, requests.Nothing)
        try:
            joined = await self.commands.join_game(player.id, requests.game_id(request))
        except RefusedError as refused:
            raise _problem(refused) from refused
        seats = {"player_one": joined.player_one, "player_two": joined.player_two}
        return json_response({"version": joined.version, **seats})

    async def move(self, request: Request) -> Response:
        """Make a move in a game that the client saw at the version it names."""
        player = await self._player(request)
        if not self.moves.take(player.id):
            raise ProblemError("too_many_requests", "You move faster than this server takes: slow down.")
        expected = requests.expected_version(request)
        command_id = requests.command_id(request, player.id, uuid4())
        wanted = await requests.body(request, requests.NewMove)
        command = MakeMove(player.id, wanted.column)
        try:
            accepted = await self.commands.act(command, requests.game_id(request), expected, command_id)
        except RefusedError as refused:
            raise _problem(refused) from refused
        return json_response({"version": accepted.version}, 201, _headers_of(accepted))

    def _changing(self, handler: Handler) -> Handler:
        """Guard what changes something: another site's page must not act for a player of ours."""

        async def guarded(request: Request) -> Response:
            if not self.origins.admit(request):
                raise ProblemError("forbidden_origin", "This page may not act here: open the site itself.")
            return await handler(request)

        return guarded

    def _limit(self, request: Request) -> None:
        if not self.new_things.take(request):
            raise ProblemError("too_many_requests", "Too many requests from your network: try again in a moment.")

    async def _player(self, request: Request) -> Player:
        player = await self.identification.player(request)
        if player is None:
            raise ProblemError("not_authenticated", "Say who you are: get a token with POST /api/players.")
        return player

    async def _game(self, request: Request) -> LiveGame:
        """Return the game of the path, as new as the log is."""
        live = await self.games.newest(requests.game_id(request))
        if live.version == 0:
            raise ProblemError("unknown_game", "There is no such game: check the link.")
        return live


def _statuses(request: Request) -> tuple[Status, ...]:
    asked = request.query_params.getlist("status")
    if not asked:
        return STATUSES
    chosen = tuple(status for status in STATUSES if [status] == asked)
    if not chosen:
        raise ProblemError("bad_message", f"The parameter status is one of {', '.join(STATUSES)}.")
    return chosen


def _headers_of(accepted: Accepted) -> dict[str, str]:
    headers = {
        "ETag": f'"{accepted.version}"',
        "Location": f"/api/games/{accepted.game}?version={accepted.version}",
    }
    return {**headers, "Idempotent-Replayed": "true"} if accepted.duplicate else headers


def _problem(refused: RefusedError) -> ProblemError:
    code, message = code_and_message(refused.reason)
    version = refused.live.version
    return ProblemError(code, message, headers={"ETag": f'"{version}"'} if version else None, version=version)
