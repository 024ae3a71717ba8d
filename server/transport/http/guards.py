"""What a request must pass before anything is done for it; the table of routes says which one passes what."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.identity.players import Player
from server.transport.http.routing import Handler
from server.transport.identification import Identification
from server.transport.limits import AddressLimit
from server.transport.origins import Origins
from server.transport.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards that resources share. Both limits count by network: `reads` for asking, `creations` for making."""

    identification: Identification
    origins: Origins
    reads: AddressLimit
    creations: AddressLimit

    def reading(self, handler: Handler) -> Handler:
        """Guard what anybody may ask for, without saying who they are: a network may only ask for so much."""

        async def guarded(request: Request) -> Response:
            self.count_read(request)
            return await handler(request)

        return guarded

    def changing(self, handler: Handler) -> Handler:
        """Guard what changes something: another site's page must not act for a player of ours."""

        async def guarded(request: Request) -> Response:
            if not self.origins.admit(request):
                raise ProblemError("forbidden_origin", "This page may not act here: open the site itself.")
            return await handler(request)

        return guarded

    def creating(self, handler: Handler) -> Handler:
        """Guard what makes something that stays, a player or a game: as `changing`, and only so much a network."""

        async def guarded(request: Request) -> Response:
            _count(self.creations, request)
            return await handler(request)

        return self.changing(guarded)

    def count_read(self, request: Request) -> None:
        """Count a read of the database that anybody could have caused.

        Raises:
            ProblemError: there were too many from this network.
        """
        _count(self.reads, request)

    async def player(self, request: Request) -> Player:
        """Return the player who makes a request.

        Raises:
            ProblemError: it proves nobody.
            PlayersUnavailableError: Postgres did not answer in time.
        """
        player = await self.identification.player(request)
        if player is None:
            raise ProblemError("not_authenticated", "Say who you are: get a token with POST /api/players.")
        return player


def _count(limit: AddressLimit, request: Request) -> None:
    if not limit.take(request):
        raise ProblemError("too_many_requests", "Too many requests from your network: try again in a moment.")
