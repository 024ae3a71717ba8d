"""Server processes on a cluster, connected to both of its nodes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager

from tests.browser.conftest import browser, visitors
from tests.postgres.conftest import async_cluster, sync_cluster
from tests.processes import ServerProcess

__all__ = ["async_cluster", "browser", "sync_cluster", "visitors"]


@asynccontextmanager
async def serving(
    url: str, count: int, *, env: Mapping[str, str] | None = None
) -> AsyncIterator[list[ServerProcess]]:
    """So many server processes on a database, started at once and stopped at the end of the block."""
    with ExitStack() as stack:
        servers = [ServerProcess(database_url=url, env=env) for _ in range(count)]
        await asyncio.gather(*(asyncio.to_thread(stack.enter_context, server) for server in servers))
        yield servers
