"""Who may open a websocket: the page or program behind a handshake, its player, and how many there are already."""

from dataclasses import dataclass
from typing import Final

from starlette.websockets import WebSocket

from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport.identification import COOKIE, Identification, bearer_token
from server.transport.limits import AddressLimit, NetworkShare
from server.transport.networks import networks_of
from server.transport.origins import Origins
from server.transport.problems import ProblemError

CONNECTS_PER_S: Final = 5.0
CONNECTS_BURST: Final = 100.0
MAX_SOCKETS_OF_ONE_NETWORK: Final = 200


@dataclass(frozen=True, slots=True)
class Admitted:
    """A websocket that may be opened: by whom (None for a guest), and the networks it counts for."""

    player: Player | None
    networks: tuple[str, ...]


class Admission:
    """Admits websockets, and counts those that are open."""

    def __init__(self, identification: Identification, origins: Origins, max_sockets: int) -> None:
        self.count = 0
        """How many are open or being opened."""
        self._identification = identification
        self._origins = origins
        self._max_sockets = max_sockets
        self._connects = AddressLimit(CONNECTS_PER_S, CONNECTS_BURST)
        self._share = NetworkShare(MAX_SOCKETS_OF_ONE_NETWORK)

    async def admit(self, websocket: WebSocket) -> Admitted:
        """Count a websocket that may be opened, until `leave`.

        Raises:
            ProblemError: it may not; the handshake is to be answered with this problem.
        """
        self._check_origin(websocket)
        networks = networks_of(websocket)
        if self.count >= self._max_sockets:
            raise ProblemError("unavailable", "The server has as many connections as it allows: try again later.")
        if not self._connects.take(websocket) or not self._share.enter(networks):
            raise ProblemError(
                "too_many_requests", "Too many connections from your network: try again in a moment."
            )
        self.count += 1
        try:
            return Admitted(await self._player(websocket), networks)
        except BaseException:
            self._release(networks)
            raise

    def leave(self, admitted: Admitted) -> None:
        """Count an admitted websocket no more."""
        self._release(admitted.networks)

    async def _player(self, websocket: WebSocket) -> Player | None:
        try:
            player = await self._identification.player(websocket)
        except PlayersUnavailableError as error:
            raise ProblemError("unavailable", "The database does not answer: try again later.") from error
        if player is None and bearer_token(websocket) is not None:  # a program has to learn that its token is wrong
            raise ProblemError("not_authenticated", "This token proves nobody: get one with POST /api/players.")
        return player

    def _check_origin(self, websocket: WebSocket) -> None:
        """Admit pages of allowed origins, and programs that carry a token or nothing at all.

        A cookie without an Origin is refused: browsers always send one with a websocket, so this is neither a page
        nor a program as it should be.
        """
        if not self._origins.admit(websocket):
            raise ProblemError("forbidden_origin", "This page's origin may not connect here: see FOURFOLD_ORIGINS.")
        is_page = "origin" in websocket.headers
        if not is_page and COOKIE in websocket.cookies and bearer_token(websocket) is None:
            raise ProblemError(
                "forbidden_origin", "Programs send their token as Authorization: Bearer, not as a cookie."
            )

    def _release(self, networks: tuple[str, ...]) -> None:
        self.count -= 1
        self._share.leave(networks)
