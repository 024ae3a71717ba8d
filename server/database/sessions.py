"""Sessions: single connections to the primary, with everything pinned that the server relies on.

Every session of the server takes the role `fourfold_app`, which may read the log and append to it but not change
it. Time limits nest, so that the innermost speaks first: a lock is waited for 0.5 s, a statement may take 2 s,
its answer 2.5 s; the application gives up after 3 s and a browser after 5 s.

A session of a host that vanished without a word ends within some 10 seconds on either side, whatever it was doing:
locks and notifications that it holds back would stop everybody else.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from server.database.errors import NotPrimaryError
from server.database.hosts import Host, first_to_answer, hosts_of
from server.database.timeline import Timeline, any_timeline

APPLICATION_ROLE: Final = "fourfold_app"

COMMAND_TIME_LIMIT_S: Final = 2.5
"""How long the answer to a statement may take."""

HOST_TIME_LIMIT_S: Final = 5.0
"""How long opening a session on one host may take, unless the caller has less patience."""

_LOST_AFTER_S: Final = 10
_LIVENESS: Final = {
    "idle_in_transaction_session_timeout": "5s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "5",
    "tcp_user_timeout": f"{_LOST_AFTER_S}s",  # also ends a peer that lives but does not read
}
_SESSION: Final = {
    "role": APPLICATION_ROLE,
    "search_path": "fourfold",
    "statement_timeout": "2s",
    "lock_timeout": "500ms",
    "idle_session_timeout": "0",
    "client_min_messages": "warning",  # a commit whose wait for a standby was cut is told by a warning
    "default_transaction_isolation": "read committed",  # each statement sees what was committed before it
    **_LIVENESS,
}
_PEER_OPTIONS: Final = {
    "TCP_KEEPIDLE": 5,
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": 5,
    "TCP_USER_TIMEOUT": _LOST_AFTER_S * 1000,
}
"""The same for our side of the socket; a platform that lacks one of them has its own defaults."""

# A commit is acknowledged when it is durable, and replicated if the operator has synchronous standbys. A role or a
# database may have been given less; `remote_apply` is more, so it stays.
#
# A client that stops in mid-transaction may have left PostgreSQL waiting for the rest of a statement (asyncpg asks
# how a new one is to be carried out first), which counts neither as idle nor as a statement that takes too long.
# PostgreSQL 17 and later can limit the transaction as a whole. No transaction of the server takes that long.
_PIN: Final = """
    SELECT
      system_identifier,
      ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint AS timeline,
      pg_postmaster_start_time() AS started_at,
      set_config(
        'synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
        false
      ),
      CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
        THEN set_config('transaction_timeout', '10s', false)
      END
    FROM pg_control_system()
"""

if TYPE_CHECKING:  # the class takes a type only in its stubs
    _Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
AnyConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"


class Session(_Connection):
    """A connection with the rights of the application, to the primary."""

    timeline: Timeline
    """The timeline that its server writes; the same for as long as the session lasts."""

    opened_at: float
    """When it was opened, on the clock of the event loop."""


class Connect(Protocol):
    """`connect` to one database, with what the caller does not choose filled in."""

    async def __call__(
        self,
        *,
        accepts: Callable[[Timeline], bool] = any_timeline,
        command_time_limit_s: float | None = COMMAND_TIME_LIMIT_S,
    ) -> Session:
        """Open a session on a timeline that `accepts`. Errors are those of `connect`."""


async def connect(
    url: str,
    *,
    name: str = "fourfold",
    host_time_limit_s: float = HOST_TIME_LIMIT_S,
    command_time_limit_s: float | None = COMMAND_TIME_LIMIT_S,
    accepts: Callable[[Timeline], bool] = any_timeline,
) -> Session:
    """Open a session on the first host of `url` that is a primary, on a timeline that `accepts`.

    The caller closes it. Each host has the time limit to itself. `name` is shown in `pg_stat_activity`.

    Raises:
        One of `CONNECTION_LOST`: no host could be reached, or none is the primary.
        asyncpg.PostgresError: the database refuses us.
        ValueError: `url` can't be understood.
    """

    async def open_session(host: Host) -> Session:
        with _wrong_server_named():
            session = await asyncpg.connect(
                url,
                host=host.name,
                port=host.port,
                timeout=host_time_limit_s,
                command_timeout=command_time_limit_s,
                server_settings={"application_name": name, **_SESSION},
                connection_class=Session,
            )
        try:
            _keep_alive(session)
            session.timeline = await _pin(session, accepts, host_time_limit_s)
            session.opened_at = asyncio.get_running_loop().time()
        except BaseException:
            session.terminate()
            raise
        return session

    return await first_to_answer([partial(open_session, host) for host in hosts_of(url)])


async def connect_as_owner(
    url: str, *, name: str, host_time_limit_s: float = 10.0, settings: Mapping[str, str] | None = None
) -> Connection:
    """Open a connection with the rights of `url`, on its first host that answers; the caller closes it.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database can't be reached or refuses.
        ValueError: `url` can't be understood.
    """

    async def open_connection(host: Host) -> Connection:
        with _wrong_server_named():
            return await asyncpg.connect(
                url,
                host=host.name,
                port=host.port,
                timeout=host_time_limit_s,
                server_settings={"application_name": name, **_LIVENESS, **(settings or {})},
            )

    return await first_to_answer([partial(open_connection, host) for host in hosts_of(url)])


@contextmanager
def _wrong_server_named() -> Iterator[None]:
    """Raise `NotPrimaryError` where asyncpg says that a host does not fit `target_session_attrs`."""
    try:
        yield
    except asyncpg.TargetServerAttributeNotMatched as error:
        raise NotPrimaryError(f"the host is not what target_session_attrs asks for: {error}") from error


async def _pin(session: Session, accepts: Callable[[Timeline], bool], time_limit_s: float) -> Timeline:
    """Pin what can only be pinned by asking; return the timeline, which is one that `accepts`."""
    try:
        row = await session.fetchrow(_PIN, timeout=time_limit_s)
    except asyncpg.ObjectNotInPrerequisiteStateError as error:
        raise NotPrimaryError(f"the server is a standby: {error}") from error
    if row is None:
        raise TypeError("a query without FROM rows")
    timeline = Timeline(row["system_identifier"], row["timeline"], row["started_at"])
    if not accepts(timeline):
        raise NotPrimaryError(
            f"the server is not the one to work with, it was replaced or the feed follows another: {timeline}; "
            "if the database was restored to an earlier moment, restart this process"
        )
    return timeline


def _keep_alive(session: Session) -> None:
    """Have our side notice, too, when the server's host is gone; asyncpg itself would wait for hours."""
    peer = session._transport.get_extra_info("socket")  # type: ignore[attr-defined] # noqa: SLF001 - there is no public way
    if peer.family == getattr(socket, "AF_UNIX", None):
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PEER_OPTIONS.items():
        if option := getattr(socket, name, None):
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
