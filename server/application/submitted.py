"""A command on its way through the server."""

from dataclasses import dataclass
from uuid import UUID

from server.domain.commands import Command
from server.domain.vocabulary import GameId


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command, with the one deadline of all that is done for it (a time of the event loop)."""

    command: Command
    game: GameId
    command_id: UUID
    deadline: float
    generation: int
    """The generation of the live games when the command arrived: that is the one its player had seen."""
