"""What the tests of the load tests share."""

import random
from collections.abc import AsyncIterator

import pytest

from tests.load.host import Host
from tests.processes import ServerProcess


@pytest.fixture
async def host(server: ServerProcess) -> AsyncIterator[Host]:
    """The HTTP side of a run against the shared server."""
    async with Host([server.url], random.Random(1)) as host:
        yield host
