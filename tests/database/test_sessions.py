"""What the server relies on in each session is pinned there, whatever a role or a database was configured to."""

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from server.database.errors import NotPrimaryError
from server.database.pool import Pool
from server.database.sessions import Connection, connect
from server.database.timeline import Timeline
from tests.proxied import proxied

PINNED = {
    "role": "fourfold_app",
    "search_path": "fourfold",
    "statement_timeout": "2s",
    "lock_timeout": "500ms",
    "idle_in_transaction_session_timeout": "5s",
    "idle_session_timeout": "0",
    "default_transaction_isolation": "read committed",
    "synchronous_commit": "on",
}

LOOSENED = {
    "search_path": "public",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "1s",
    "default_transaction_isolation": "repeatable read",
    "synchronous_commit": "off",
}
"""What an operator may have set for everybody."""

OUR_SIDE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 5, "TCP_USER_TIMEOUT": 10_000}
THEIR_SIDE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "5",
    "tcp_user_timeout": "10000",
}
ASKED_FOR = "SELECT reset_val FROM pg_settings WHERE name = $1"
"""What was asked for; a session over a Unix socket, as behind the proxy, has nothing to apply it to."""


async def database_settings(owner: Connection, settings: dict[str, str]) -> None:
    """Set defaults for all sessions of the database, as an operator can."""
    name = await owner.fetchval("SELECT current_database()")
    for setting, value in settings.items():
        await owner.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")


async def test_what_the_server_relies_on_is_pinned(database_url: str, owner: Connection) -> None:
    await database_settings(owner, LOOSENED)
    session = await connect(database_url)
    assert {name: await session.fetchval(f"SHOW {name}") for name in PINNED} == PINNED
    await session.close()


async def test_the_sessions_of_a_pool_are_pinned_too(database_url: str, owner: Connection) -> None:
    await database_settings(owner, LOOSENED)
    async with Pool(database_url) as pool:
        for name, value in PINNED.items():
            assert [row[0] for row in await pool.fetch(f"SHOW {name}")] == [value]


@pytest.mark.parametrize(
    ("operator", "ours"), [("local", "on"), ("remote_write", "on"), ("remote_apply", "remote_apply")]
)
async def test_a_commit_is_durable_and_replicated_at_least(
    database_url: str, owner: Connection, operator: str, ours: str
) -> None:
    """An operator may ask for more than we do, and not for less."""
    await database_settings(owner, {"synchronous_commit": operator})
    session = await connect(database_url)
    assert await session.fetchval("SHOW synchronous_commit") == ours
    await session.close()


async def test_each_side_of_a_connection_notices_when_the_other_is_gone(database_url: str) -> None:
    """A host that vanished acknowledges nothing, and one that hangs reads nothing: both are given 10 s."""
    async with proxied(database_url) as behind:
        session = await connect(behind.url)
        ours: socket.socket = session._transport.get_extra_info("socket")  # type: ignore[attr-defined] # noqa: SLF001
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        for option, value in OUR_SIDE.items():
            if hasattr(socket, option):
                assert ours.getsockopt(socket.IPPROTO_TCP, getattr(socket, option)) == value
        asked = {name: await session.fetchval(ASKED_FOR, name) for name in THEIR_SIDE}
        assert asked == THEIR_SIDE
        await session.close()


async def test_a_session_that_sits_in_a_transaction_is_ended(database_url: str, owner: Connection) -> None:
    """It may hold a lock that everybody waits for, such as that of a read model's leader."""
    session = await connect(database_url)
    ended = asyncio.Event()
    session.add_termination_listener(lambda _session: ended.set())
    await session.execute("SET idle_in_transaction_session_timeout = '10ms'")  # instead of 5 s
    await session.execute("BEGIN; SELECT pg_advisory_xact_lock(4446)")
    async with asyncio.timeout(10):
        await ended.wait()
        assert await owner.fetchval("SELECT pg_advisory_lock(4446) IS NOT NULL")


async def test_a_timeline_is_that_of_the_server(database_url: str, owner: Connection) -> None:
    first, second = await connect(database_url), await connect(database_url)
    assert first.timeline == second.timeline
    assert first.timeline.number == await owner.fetchval("SELECT timeline_id FROM pg_control_checkpoint()")
    await first.close()
    await second.close()


async def test_a_session_on_a_timeline_that_is_not_wanted_is_not_opened(
    database_url: str, owner: Connection
) -> None:
    asked: list[Timeline] = []

    def accepts(timeline: Timeline) -> bool:
        asked.append(timeline)
        return False

    with pytest.raises(NotPrimaryError):
        await connect(database_url, name="not wanted", accepts=accepts)
    assert len(asked) == 1
    async with asyncio.timeout(10):
        while await owner.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'not wanted'"):
            pass


def test_a_later_timeline_of_the_same_database_replaces_an_earlier_one() -> None:
    started = datetime(2026, 1, 1, tzinfo=UTC)
    first, second, other = Timeline(1, 1, started), Timeline(1, 2, started), Timeline(2, 9, started)
    assert first.is_older_than(second)
    assert not second.is_older_than(first)
    assert not first.is_older_than(other)
