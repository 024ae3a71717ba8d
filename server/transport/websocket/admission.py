"""Who may open a websocket: the page or program behind a handshake, its player, and how many there are already."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from server.identity.errors import PlayersUnavailableError
from server.identity.players import Player
from server.transport.identification import COOKIE, Identification, bearer_token
from server.transport.limits import AddressLimit, network_of
from server.transport.origins import Origins
from server.transport.problems import ProblemError

CONNECTS_PER_S: Final = 5.0
CONNECTS_BURST: Final = 100.0
MAX_SOCKETS_OF_ONE_NETWORK: Final = 200


class Admission:
    """Admits websockets, and counts those that are open."""

    def __init__(self, identification: Identification, origins: Origins, max_sockets: int) -> None:
        self.count = 0
        """How many are open or being admitted."""
        self._identification = identification
        self._origins = origins
        self._max_sockets = max_sockets
        self._connects = AddressLimit(CONNECTS_PER_S, CONNECTS_BURST)
        self._by_network: Counter[str] = Counter()

    @contextmanager
    def counted(self, connection: HTTPConnection) -> Iterator[None]:
        """Count a websocket, admitted or not, until the end of the block."""
        network = network_of(connection) or ""
        self.count += 1
        self._by_network[network] += 1
        try:
            yield
        finally:
            self.count -= 1
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    async def admit(self, websocket: WebSocket) -> Player | None:
        """Return who connects, None for a guest. Called within `counted`.

        Raises:
            ProblemError: the websocket is refused; the handshake is answered with this problem.
        """
        self._check_origin(websocket)
        self._check_limits(websocket)
        try:
            player = await self._identification.player(websocket)
        except PlayersUnavailableError as error:
            raise ProblemError("unavailable", "The database does not answer: try again later.") from error
        if (
            player is None and bearer_token(websocket) is not None
        ):  # a program whose token is wrong must learn of it
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

    def _check_limits(self, websocket: WebSocket) -> None:
        if self.count > self._max_sockets:
            raise ProblemError("unavailable", "The server has as many connections as it allows: try again later.")
        network = network_of(websocket)
        is_crowded = network is not None and self._by_network[network] > MAX_SOCKETS_OF_ONE_NETWORK
        if is_crowded or not self._connects.take(websocket):
            raise ProblemError(
                "too_many_requests", "Too many connections from your network: try again in a moment."
            )
