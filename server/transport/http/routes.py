"""Every resource of the API on one page: its address, its methods, and what guards them."""

from starlette.routing import BaseRoute

from server.transport.http.games import GamesResource
from server.transport.http.guards import Guards
from server.transport.http.lobby import LobbyResource
from server.transport.http.moves import MovesResource
from server.transport.http.players import PlayersResource
from server.transport.http.routing import resource


def api_routes(
    guards: Guards, players: PlayersResource, lobby: LobbyResource, games: GamesResource, moves: MovesResource
) -> list[BaseRoute]:
    """Return the routes of the API."""
    reading, changing, creating = guards.reading, guards.changing, guards.creating
    return [
        resource("/api/players", post=creating(players.create)),
        resource("/api/me", get=reading(players.me)),
        resource("/api/games", get=reading(lobby.page), post=creating(games.open)),
        resource("/api/games/{id}", get=reading(games.state)),
        resource("/api/games/{id}/join", post=creating(games.join)),
        resource("/api/games/{id}/events", get=reading(games.events)),
        resource("/api/games/{id}/moves", post=changing(moves.make)),
    ]
