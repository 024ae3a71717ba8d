"""Who may open a websocket, and how many."""

from dataclasses import dataclass, field
from typing import Final

from starlette.websockets import WebSocket

from server.application.command_path import CommandPath
from server.application.live_games import LiveGames
from server.application.names import Names
from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport.identification import COOKIE, Identification, bearer_token
from server.transport.problems import ProblemError, problem_response
from server.transport.security import AddressLimit, Origins
from server.transport.websocket import Socket

CONNECTS_PER_S: Final = 5.0
CONNECTS_BURST: Final = 100.0


@dataclass(slots=True)
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

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve one websocket, or refuse it with an HTTP problem before it is one."""
        try:
            self._admit(websocket)
            player = await self._player(websocket)
        except ProblemError as problem:
            await websocket.send_denial_response(problem_response(problem))
            return
        except PlayersUnavailableError:
            unavailable = ProblemError("unavailable", "The database does not answer: try again later.")
            await websocket.send_denial_response(problem_response(unavailable))
            return
        self.count += 1
        try:
            await websocket.accept()
            await Socket(websocket, player, self.games, self.commands, self.names).serve()
        finally:
            self.count -= 1

    async def _player(self, websocket: WebSocket) -> Player | None:
        """Return who connects; None for a guest. A program whose token is wrong must learn of it."""
        player = await self.identification.player(websocket)
        if player is None and bearer_token(websocket) is not None:
            raise ProblemError("not_authenticated", "This token proves nobody: get one with POST /api/players.")
        return player

    def _admit(self, websocket: WebSocket) -> None:
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
        if self.count >= self.max_sockets:
            raise ProblemError("unavailable", "The server has as many connections as it takes: try again later.")
        if not self._connects.take(websocket):
            raise ProblemError(
                "too_many_requests", "Too many connections from your network: try again in a moment."
            )
