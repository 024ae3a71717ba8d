"""What tests of every floor ask for: a real PostgreSQL, a fresh database in it, a real server."""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from server.database.migrations import migrate
from server.database.pool import Pool
from server.database.sessions import Connection
from server.embedded import EmbeddedPostgres
from server.eventstore.store import EventStore
from tests.processes import ServerProcess
from tests.stores import open_store

pytest_plugins = ["tests.leftovers"]

TEMPLATE = f"fourfold_template_{os.getpid()}"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL for this run: that of DATABASE_URL, else a throw-away one."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres.ephemeral() as url:
        yield url


@pytest.fixture(scope="session")
async def template(postgres: str) -> AsyncIterator[str]:
    """The name of a database with the newest schema and nothing in it, which others are copied from."""
    await _in(postgres, f"CREATE DATABASE {TEMPLATE}")
    await migrate(address_of(postgres, TEMPLATE))
    yield TEMPLATE
    await drop_database(postgres, TEMPLATE)


@pytest.fixture
async def database_url(postgres: str, template: str) -> AsyncIterator[str]:
    """The address of a fresh database, with the newest schema, for one test."""
    name = f"fourfold_test_{os.getpid()}_{next(_numbers)}"
    await _in(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield address_of(postgres, name)
    await drop_database(postgres, name)


@pytest.fixture
async def other_database_url(postgres: str, template: str) -> AsyncIterator[str]:
    """The address of a second fresh database, with the newest schema, for the same test."""
    name = f"fourfold_test_{os.getpid()}_{next(_numbers)}"
    await _in(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield address_of(postgres, name)
    await drop_database(postgres, name)


@pytest.fixture
async def empty_database_url(postgres: str) -> AsyncIterator[str]:
    """The address of a database without any schema, for one test."""
    name = f"fourfold_test_{os.getpid()}_{next(_numbers)}"
    await _in(postgres, f"CREATE DATABASE {name}")
    yield address_of(postgres, name)
    await drop_database(postgres, name)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the fresh database, with the rights of the application."""
    async with Pool(database_url) as pool:
        yield pool


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[EventStore]:
    """An event store on the fresh database, as a process of its own would have it."""
    async with open_store(database_url) as opened:
        yield opened.store


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Connection]:
    """A connection with the rights of the database's owner."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def shared_database_url(postgres: str, template: str) -> AsyncIterator[str]:
    """The address of a database that the tests of a run share."""
    name = f"fourfold_shared_{os.getpid()}"
    await _in(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield address_of(postgres, name)
    await drop_database(postgres, name)


@pytest.fixture(scope="session")
def server(shared_database_url: str) -> Iterator[ServerProcess]:
    """A running server that the tests of a run share; each test plays games of its own."""
    with ServerProcess(database_url=shared_database_url) as process:
        yield process


@pytest.fixture(scope="session")
def second_server(shared_database_url: str) -> Iterator[ServerProcess]:
    """Another process on the database of `server`."""
    with ServerProcess(database_url=shared_database_url) as process:
        yield process


def address_of(postgres: str, database: str) -> str:
    """The address of another database on the same PostgreSQL."""
    return urlunsplit(urlsplit(postgres)._replace(path=f"/{database}"))


async def drop_database(postgres: str, name: str) -> None:
    """Drop a database, whoever is still connected to it.

    WITH (FORCE) may not end an autovacuum worker, and then ends nobody; a plain DROP ends that, but nobody else.
    """
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user",
            name,
        )
        await connection.execute(f"DROP DATABASE {name}")
    finally:
        await connection.close()


async def _in(postgres: str, statement: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
