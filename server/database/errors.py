"""What goes wrong between this process and Postgres, by what can be done about it."""

from typing import Final

import asyncpg


class NotPrimaryError(ConnectionError):
    """A host answered, but it is not the server to work with: a standby, or a primary that was replaced."""


class ReplicationWaitCutError(ConnectionError):
    """A transaction is committed on the primary alone: PostgreSQL reports success, with no more than a warning."""


CONNECTION_LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # terminated, shutting down, still starting, or cancelled at its time limit
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # demoted: the primary is elsewhere now
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.LockNotAvailableError,
    asyncpg.InternalClientError,
)
"""What a statement may raise when Postgres is away or in trouble: ask again later, with the same command id."""

REFUSED_FOR_GOOD: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""What a statement may raise because of what it was given to store; see `is_notification_queue_full`."""


def is_notification_queue_full(error: asyncpg.PostgresError) -> bool:
    """Whether a statement failed because nobody can notify any more, whatever it was given.

    PostgreSQL says so with the SQLSTATE of a value that is too large, in the language of the server; what differs
    is the source file that it names. Until the queue is read every transaction that notifies fails, however small.
    """
    return isinstance(error, asyncpg.ProgramLimitExceededError) and error.server_source_filename == "async.c"
