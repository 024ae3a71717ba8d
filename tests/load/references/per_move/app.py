"""The application of the textbook server: its HTTP resources, its sockets and its connections to Postgres."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from server.application.game_ids import new_game_id
from server.domain.commands import JoinGame, OpenGame
from server.domain.errors import ConnectFourError
from server.domain.game import Finished, InProgress, fold
from server.domain.vocabulary import GameId, PlayerId, Version
from server.transport.encoding import encode_event
from server.transport.http.requests import NewGame, NewPlayer
from server.transport.http.responses import json_response
from server.transport.http.state import state_of
from server.transport.identification import bearer_token
from server.transport.websocket.messages import as_raw
from tests.load.references.per_move.log import CHANNEL, Log, StaleVersionError, open_log
from tests.load.references.per_move.sockets import Socket, Watchers


def create_app(database_url: str) -> Starlette:
    """Return the application; it makes its tables in the schema `reference` when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log = await open_log(database_url)
        try:
            listener = await asyncpg.connect(database_url)
            server = TextbookServer(log)
            await listener.add_listener(CHANNEL, server.watchers.hear)
            app.router.routes.extend(server.routes())
            yield
            await listener.close()
        finally:
            await log.pool.close()

    handlers = {ConnectFourError: _refused, StaleVersionError: _refused}
    return Starlette(lifespan=lifespan, exception_handlers=handlers)


class TextbookServer:
    """What can be asked for."""

    def __init__(self, log: Log) -> None:
        self.watchers = Watchers()
        self._log = log
        self._names: dict[PlayerId, str] = {}

    def routes(self) -> list[Route | WebSocketRoute]:
        """Return everything that can be asked for."""
        return [
            Route("/api/players", self.make_player, methods=["POST"]),
            Route("/api/games", self.open_game, methods=["POST"]),
            Route("/api/games/{id}", self.state),
            Route("/api/games/{id}/join", self.join, methods=["POST"]),
            Route("/api/games/{id}/events", self.events),
            Route("/healthz", self.health),
            Route("/readyz", self.health),
            WebSocketRoute("/ws", self.socket),
        ]

    async def make_player(self, request: Request) -> Response:
        """Make a player whose id is also the token: this server is for benchmarks only."""
        wanted = msgspec.json.decode(await request.body() or b"{}", type=NewPlayer)
        player = PlayerId(secrets.token_hex(8))
        self._names[player] = wanted.name
        return json_response({"id": player, "name": wanted.name, "token": player}, 201)

    async def open_game(self, request: Request) -> Response:
        """Open a game."""
        wanted = msgspec.json.decode(await request.body() or b"{}", type=NewGame)
        game = new_game_id()
        command = OpenGame(self._player(request), wanted.color, wanted.public)
        version, _ = await self._log.act(game, command, uuid4(), Version(0))
        return json_response({"id": game, "version": version}, 201)

    async def join(self, request: Request) -> Response:
        """Take the free seat of a game."""
        game = _game_id(request)
        command = JoinGame(self._player(request), coin=secrets.randbits(1) == 1)
        version, _ = await self._log.act(game, command, uuid4())
        joined = fold(recorded.event for recorded in await self._log.read(game))
        if not isinstance(joined, InProgress | Finished):
            raise TypeError(f"{joined} after a join")
        return json_response({"version": version, "player_one": joined.player_one, "player_two": joined.player_two})

    async def state(self, request: Request) -> Response:
        """Tell the newest state of a game."""
        game = _game_id(request)
        history = await self._log.read(game)
        if not history:
            raise HTTPException(404)
        folded = fold(recorded.event for recorded in history)
        return json_response(state_of(game, Version(len(history)), folded))

    async def events(self, request: Request) -> Response:
        """Tell the events of a game."""
        history = await self._log.read(_game_id(request), int(request.query_params.get("after", "0")))
        return json_response({"events": as_raw([encode_event(recorded) for recorded in history])})

    async def health(self, _request: Request) -> Response:
        """Say that the server runs."""
        return Response("ok")

    async def socket(self, websocket: WebSocket) -> None:
        """Serve a websocket."""
        player = self._claimed(websocket)
        name = self._names[player] if player else ""
        await Socket(websocket, player, name, self._log, self.watchers).serve()

    def _claimed(self, connection: HTTPConnection) -> PlayerId | None:
        player = PlayerId(bearer_token(connection) or "")
        return player if player in self._names else None

    def _player(self, request: Request) -> PlayerId:
        player = self._claimed(request)
        if player is None:
            raise HTTPException(401)
        return player


def _game_id(request: Request) -> GameId:
    return GameId(request.path_params["id"])


async def _refused(_request: Request, error: Exception) -> Response:
    code = getattr(error, "code", "")
    return json_response({"code": code, "detail": str(error)}, 404 if code == "unknown_game" else 409)
