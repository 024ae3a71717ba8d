"""The address `/ws`: admits a websocket, runs its connection, and watches over all of them."""

import asyncio
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from server.identity.errors import PlayersUnavailableError
from server.transport.encoding import EncodedGames
from server.transport.identification import Identification
from server.transport.problems import ProblemError, problem_response
from server.transport.websocket.admission import Admission
from server.transport.websocket.connection import Connection, Services
from server.transport.websocket.message_transport import EXTENSION, MessageTransport
from server.transport.websocket.session import POLICY, Session

SWEEP_EVERY_S: Final = 1.0
"""How often connections are looked through for peers that don't read."""

CHECK_PLAYERS_EVERY_S: Final = 5.0
"""How often the players of open websockets are looked up, to close those of players who were erased."""


class WebSocketEndpoint:
    """The websockets of this process, as an ASGI application. `run` watches over them."""

    def __init__(
        self, admission: Admission, identification: Identification, encoded: EncodedGames, services: Services
    ) -> None:
        self.admission = admission
        self._identification = identification
        self._encoded = encoded
        self._services = services
        self._loop = asyncio.get_running_loop()
        self._connections: set[Connection] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket, or refuse its handshake with an HTTP problem."""
        with self.admission.counted(HTTPConnection(scope)):
            connection = await self._accept(WebSocket(scope, receive, send))
            if connection is None:
                return
            self._connections.add(connection)
            try:
                await connection.run()
            finally:
                self._connections.discard(connection)

    async def run(self) -> None:
        """Cut off peers that don't read, and close the websockets of erased players, until cancelled."""
        check_players_at = self._loop.time() + CHECK_PLAYERS_EVERY_S
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            for connection in list(self._connections):
                connection.abort_if_stalled(self._loop.time())
            if self._loop.time() >= check_players_at:
                await self._close_those_of_erased_players()
                check_players_at = self._loop.time() + CHECK_PLAYERS_EVERY_S

    async def _accept(self, websocket: WebSocket) -> Connection | None:
        """Return a connection, or None if it was refused. Starlette's object is dropped: it takes 2 KiB of each."""
        try:
            player = await self.admission.admit(websocket)
        except ProblemError as problem:
            await websocket.send_denial_response(problem_response(problem))
            return None
        await websocket.accept()
        transport: MessageTransport = websocket.scope["extensions"][EXTENSION]
        session = Session(player, self._encoded, self._services.names.known, self._loop.time)
        return Connection(transport, session, self._services)

    async def _close_those_of_erased_players(self) -> None:
        players = {connection.player for connection in self._connections if connection.player is not None}
        if not players:
            return
        try:
            erased = await self._identification.erased_among(players)
        except PlayersUnavailableError:
            return  # nobody is taken for erased because the database is away
        for connection in list(self._connections):
            if connection.player in erased:
                connection.close(POLICY)
