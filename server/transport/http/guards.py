"""What a request must pass before anything is done for it; the table of routes says which one passes what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.database.read_limit import ReadShare
from server.identity.players import Player
from server.transport.http.routing import Handler
from server.transport.identification import Identification
from server.transport.limits import AddressLimit
from server.transport.origins import Origins
from server.transport.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards that resources share.

    `reads` and `creations` limit what one network asks for, and makes, in a time; `share` how much of the database
    all that anybody may ask for takes together, so that it can't keep players from moving.
    """

    identification: Identification
    origins: Origins
    reads: AddressLimit
    creations: AddressLimit
    share: ReadShare

    def reading(self, handler: Handler) -> Handler:
        """Guard what anybody may ask for without saying who they are; see `read`."""

        async def guarded(request: Request) -> Response:
            async with self.read(request):
                return await handler(request)

        return guarded

    def counted(self, handler: Handler) -> Handler:
        """Guard what is asked for often and must be answered when the database is busy: only so much a network."""

        async def guarded(request: Request) -> Response:
            _count(self.reads, request)
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

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[None]:
        """Count a read of the database that anybody could have caused, and take a share of it for the block.

        Do not enter it inside of itself: a share that waits for the same share may wait for ever.

        Raises:
            ProblemError: there were too many from this network.
            ReadsBusyError: there are too many from all networks, just now.
        """
        _count(self.reads, request)
        async with self.share:
            yield

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
