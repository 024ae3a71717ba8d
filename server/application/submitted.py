"""A command on its way through the server."""

from uuid import UUID

import msgspec

from server.domain.commands import Command
from server.domain.vocabulary import GameId


class Submitted(msgspec.Struct, frozen=True):  # cheap to make: there is one for each command
    """A command, with the one deadline of all that is done for it (a time of the event loop)."""

    command: Command
    game: GameId
    command_id: UUID
    deadline: float
    generation: int
    """The generation of the live games when the command arrived: that is the one its player had seen."""
