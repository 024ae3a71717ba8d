"""Who may open a websocket, how many, and who must leave because they do not read."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.names import Names
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport.identification import COOKIE, Identification, bearer_token
from server.transport.limits import AddressLimit, network_of
from server.transport.origins import Origins
from server.transport.problems import ProblemError, problem_response
from server.transport.websocket.connection import Socket
from server.transport.websocket.flush_scheduler import Courier
from server.transport.websocket.outbox import Outbox
from server.transport.websocket.wire import EXTENSION, Wire

CONNECTS_PER_S: Final = 5.0
CONNECTS_BURST: Final = 100.0
MAX_SOCKETS_OF_ONE_NETWORK: Final = 200
UNREAD_LIMIT_S: Final = 30.0
"""How long a peer may leave no room for the next frame before it is cut off."""

_LOOK_EVERY_S: Final = 1.0


@dataclass(slots=True, eq=False)
class Sockets:
    """The websockets of this process."""

    games: LiveGames
    commands: CommandPath
    names: Names
    identification: Identification
    origins: Origins
    max_sockets: int
    count: int = 0
    _connects: AddressLimit = field(default_factory=lambda: AddressLimit(CONNECTS_PER_S, CONNECTS_BURST))
    _by_network: Counter[str] = field(default_factory=Counter)
    _sockets: set[Socket] = field(default_factory=set)
    _courier: Courier = field(default_factory=Courier)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket, or refuse it with an HTTP problem before it is one. This is an ASGI application."""
        network = network_of(HTTPConnection(scope)) or ""
        self.count += 1
        self._by_network[network] += 1
        socket = None
        try:
            socket = await self._accepted(WebSocket(scope, receive, send), network)
            if socket is not None:
                self._sockets.add(socket)
                await socket.serve()
        finally:
            if socket is not None:
                self._sockets.discard(socket)
            self.count -= 1
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    async def run(self) -> None:
        """Cut off who does not read, until cancelled."""
        while True:
            await asyncio.sleep(min(_LOOK_EVERY_S, UNREAD_LIMIT_S))
            for socket in list(self._sockets):
                socket.abort_if_stuck(UNREAD_LIMIT_S)

    async def _accepted(self, websocket: WebSocket, network: str) -> Socket | None:
        """Return a socket, or None if it was refused. Starlette's object goes then: it takes 2 KiB of each."""
        try:
            self._admit(websocket, network)
            player = await self._player(websocket)
        except ProblemError as problem:
            await websocket.send_denial_response(problem_response(problem))
            return None
        except PlayersUnavailableError:
            unavailable = ProblemError("unavailable", "The database does not answer: try again later.")
            await websocket.send_denial_response(problem_response(unavailable))
            return None
        await websocket.accept()
        wire: Wire = websocket.scope["extensions"][EXTENSION]  # our server has it
        return Socket(
            wire, player, Outbox(self.names), games=self.games, commands=self.commands, courier=self._courier
        )

    async def _player(self, websocket: WebSocket) -> Player | None:
        """Return who connects; None for a guest. A program whose token is wrong must learn of it."""
        player = await self.identification.player(websocket)
        if player is None and bearer_token(websocket) is not None:
            raise ProblemError("not_authenticated", "This token proves nobody: get one with POST /api/players.")
        return player

    def _admit(self, websocket: WebSocket, network: str) -> None:
        """Let in pages of allowed origins, and programs that carry a token or nothing at all.

        A cookie without an Origin is refused: browsers always send one with a websocket, so this is neither a page
        nor a program as it should be.
        """
        if not self.origins.admit(websocket):
            raise ProblemError("forbidden_origin", "This page's origin may not connect here: see FOURFOLD_ORIGINS.")
        is_page = "origin" in websocket.headers
        if not is_page and COOKIE in websocket.cookies and bearer_token(websocket) is None:
            raise ProblemError(
                "forbidden_origin", "Programs send their token as Authorization: Bearer, not as a cookie."
            )
        if self.count > self.max_sockets:
            raise ProblemError("unavailable", "The server has as many connections as it takes: try again later.")
        crowded = network != "" and self._by_network[network] > MAX_SOCKETS_OF_ONE_NETWORK
        if crowded or not self._connects.take(websocket):
            raise ProblemError(
                "too_many_requests", "Too many connections from your network: try again in a moment."
            )
