"""What the tests of the event store append, and how they hurt it."""

from uuid import UUID, uuid4

from server.database.sessions import Connection
from server.domain.events import GameEvent, MoveMade
from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.eventstore.batch import Appended
from server.eventstore.places import StreamHead
from server.eventstore.store import EventStore

ANN = PlayerId("ann")


def move(column: Column = Column.D) -> GameEvent:
    return MoveMade(ANN, column)


async def end_other_connections(owner: Connection) -> None:
    """Have the server end all other connections to this database, as a crash of their backends would."""
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


async def append(
    store: EventStore,
    game: str,
    expected: int,
    *events: GameEvent,
    command: UUID | None = None,
) -> Appended:
    head = StreamHead(Version(expected), None)
    return await store.append(GameId(game), head, command or uuid4(), events or (move(),))
