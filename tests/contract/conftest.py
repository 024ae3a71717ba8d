"""What the contract tests ask for: a client of each server, and the log as the database holds it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.contract.client import Api
from tests.contract.documents import Documents
from tests.contract.log import Log
from tests.processes import ServerProcess


@pytest.fixture(scope="session")
async def documents(server: ServerProcess) -> Documents:
    return await Documents.of(server.url)


@pytest.fixture(scope="session")
async def api(server: ServerProcess, documents: Documents) -> AsyncIterator[Api]:
    """A client of `server`."""
    api = Api(server, documents)
    async with api.http:
        yield api


@pytest.fixture(scope="session")
async def other_api(second_server: ServerProcess, documents: Documents) -> AsyncIterator[Api]:
    """A client of another process on the same database."""
    api = Api(second_server, documents)
    async with api.http:
        yield api


@pytest.fixture(scope="session")
async def log(shared_database_url: str) -> AsyncIterator[Log]:
    """The log behind both servers, seen without them."""
    connection = await asyncpg.connect(shared_database_url)
    try:
        yield Log(connection)
    finally:
        await connection.close()
