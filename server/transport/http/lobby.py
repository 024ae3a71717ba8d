"""The lobby: public games, newest first, a page at a time."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from server.application.names import Names
from server.projections.lobby import STATUSES, Lobby, LobbyGame, Status
from server.transport.http import requests
from server.transport.http.responses import json_response
from server.transport.problems import ProblemError

DEFAULT_PAGE: Final = 20
MAX_PAGE: Final = 100

_MAX_POSITION: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LobbyResource:
    """`/api/games`, to list them."""

    lobby: Lobby
    names: Names

    async def page(self, request: Request) -> Response:
        """Answer with public games, and with the names of those who play in them."""
        requests.only_parameters(request, "status", "limit", "cursor")
        limit = requests.integer(request, "limit", DEFAULT_PAGE, minimum=1, maximum=MAX_PAGE) or DEFAULT_PAGE
        before = requests.integer(request, "cursor", maximum=_MAX_POSITION)
        found = await self.lobby.page(_statuses(request), limit=limit + 1, before=before)
        page = found[:limit]
        seated = {p for game in page for p in (game.opener, game.player_one, game.player_two) if p is not None}
        next_cursor = str(page[-1].opened_position) if len(found) > limit else None
        games = [_listed(game) for game in page]
        return json_response({"games": games, "players": await self.names.of(seated), "next_cursor": next_cursor})


def _statuses(request: Request) -> tuple[Status, ...]:
    asked = request.query_params.getlist("status")
    if not asked:
        return STATUSES
    chosen = tuple(status for status in STATUSES if [status] == asked)
    if not chosen:
        raise ProblemError("bad_message", f"The parameter status is one of {', '.join(STATUSES)}.")
    return chosen


def _listed(game: LobbyGame) -> dict[str, Any]:
    """Return a game as the page shows it: its id is called so, and its place in the log is our own affair."""
    listed = asdict(game)
    del listed["opened_position"]
    return {"id": listed.pop("game"), **listed}
