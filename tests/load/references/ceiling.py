"""The ceiling: one frame in, as many out, in a straightforward Starlette application, and nothing else.

It knows no rules, has no database and keeps no promise, so no server on this stack can be expected to answer more.
A move is cut out of its frame, not parsed; it is never refused, and games never end.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.application.game_ids import new_game_id
from server.domain.vocabulary import GameId
from server.transport.http.requests import NewGame, NewPlayer
from server.transport.http.responses import json_response
from server.transport.identification import bearer_token

_WATCH: Final = '{"type":"watch"'
_UNWATCH: Final = '{"type":"unwatch"'
_MAKE_MOVE: Final = '{"type":"make_move"'

# Where the parts of a move are: its id has 36 characters, its game 12, and its column stands right before the end.
_ID_AT: Final = len(_MAKE_MOVE + ',"id":"')
_GAME_AT: Final = _ID_AT + 36 + len('","game":"')
_ID: Final = slice(_ID_AT, _ID_AT + 36)
_GAME: Final = slice(_GAME_AT, _GAME_AT + 12)
_COLUMN: Final = -3

_AT: Final = "2026-01-01T00:00:00.000Z"


class _Watching(msgspec.Struct):
    game: GameId
    after: int = 0


_decode_watching: Final = msgspec.json.Decoder(_Watching).decode


@dataclass(slots=True)
class Game:
    """A number that grows, and who is told. `beginning` holds its first events, encoded."""

    opener: str
    color: str
    version: int
    beginning: list[str]
    watchers: tuple[WebSocket, ...] = ()
    """Replaced, not changed: while frames are being sent somebody may come or go."""


@dataclass(slots=True)
class Ceiling:
    """What can be asked for."""

    _games: dict[GameId, Game] = field(default_factory=dict)

    def routes(self) -> list[Route | WebSocketRoute]:
        """Return everything that can be asked for."""
        return [
            Route("/api/players", self.make_player, methods=["POST"]),
            Route("/api/games", self.open_game, methods=["POST"]),
            Route("/api/games/{id}/join", self.join, methods=["POST"]),
            Route("/healthz", self.health),
            Route("/readyz", self.health),
            WebSocketRoute("/ws", self.socket),
        ]

    async def make_player(self, request: Request) -> Response:
        """Make a player whose id is also the token."""
        wanted = msgspec.json.decode(await request.body() or b"{}", type=NewPlayer)
        player = secrets.token_hex(8)
        return json_response({"id": player, "name": wanted.name, "token": player}, 201)

    async def open_game(self, request: Request) -> Response:
        """Open a game."""
        wanted = msgspec.json.decode(await request.body() or b"{}", type=NewGame)
        game, opener = new_game_id(), bearer_token(request) or ""
        opened = _event(1, "GameOpened", {"opener": opener, "color": wanted.color, "public": wanted.public})
        self._games[game] = Game(opener, wanted.color, 1, [opened])
        return json_response({"id": game, "version": 1}, 201)

    async def join(self, request: Request) -> Response:
        """Start a game. Chance always gives red to the opener."""
        game = GameId(request.path_params["id"])
        joined, opponent = self._games[game], bearer_token(request) or ""
        one, two = (opponent, joined.opener) if joined.color == "yellow" else (joined.opener, opponent)
        joined.version = 2
        started = _event(2, "GameStarted", {"player_one": one, "player_two": two})
        joined.beginning.append(started)
        await _send_all(joined.watchers, _frame(game, started))
        return json_response({"version": 2, "player_one": one, "player_two": two})

    async def health(self, _request: Request) -> Response:
        """Say that the server runs."""
        return Response("ok")

    async def socket(self, websocket: WebSocket) -> None:
        """Serve a websocket."""
        player = bearer_token(websocket)
        await websocket.accept()
        named = f'{{"id":"{player}","name":"{player}"}}' if player else "null"
        watched: set[GameId] = set()
        try:
            await websocket.send_text(f'{{"type":"welcome","protocol":1,"player":{named}}}')
            while True:
                text = await websocket.receive_text()
                if text.startswith(_MAKE_MOVE):
                    await self._move(websocket, player or "", text)
                elif text.startswith(_WATCH):
                    await self._watch(websocket, text, watched)
                elif text.startswith(_UNWATCH):
                    self._unwatch(websocket, _decode_watching(text).game, watched)
        except WebSocketDisconnect:
            pass
        finally:
            for game in list(watched):
                self._unwatch(websocket, game, watched)

    async def _move(self, websocket: WebSocket, player: str, text: str) -> None:
        name = text[_GAME]
        game = self._games[GameId(name)]
        version = game.version = game.version + 1
        await websocket.send_text(
            f'{{"type":"accepted","id":"{text[_ID]}","game":"{name}","version":{version},"duplicate":false}}'
        )
        await _send_all(
            game.watchers,
            f'{{"type":"events","game":"{name}","events":[{{"version":{version},"type":"MoveMade",'
            f'"data":{{"player":"{player}","column":"{text[_COLUMN]}"}},"at":"{_AT}"}}],"players":{{}}}}',
        )

    async def _watch(self, websocket: WebSocket, text: str, watched: set[GameId]) -> None:
        """Tell how a game began; what happened since is known to nobody."""
        wanted = _decode_watching(text)
        self._unwatch(websocket, wanted.game, watched)
        game = self._games[wanted.game]
        game.watchers += (websocket,)
        watched.add(wanted.game)
        await websocket.send_text(_frame(wanted.game, *game.beginning[wanted.after :]))

    def _unwatch(self, websocket: WebSocket, game: GameId, watched: set[GameId]) -> None:
        if game in watched:
            watched.discard(game)
            watching = self._games[game]
            watching.watchers = tuple(other for other in watching.watchers if other is not websocket)


def create_app() -> Starlette:
    """Return the application."""
    return Starlette(routes=Ceiling().routes())


def _event(version: int, kind: str, data: dict[str, object]) -> str:
    return msgspec.json.encode({"version": version, "type": kind, "data": data, "at": _AT}).decode()


def _frame(game: GameId, *events: str) -> str:
    return f'{{"type":"events","game":"{game}","events":[{",".join(events)}],"players":{{}}}}'


async def _send_all(watchers: tuple[WebSocket, ...], frame: str) -> None:
    for socket in watchers:
        try:
            await socket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError):  # it is leaving; its own task takes it off the list
            continue
