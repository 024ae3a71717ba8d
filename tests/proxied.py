"""A database behind a proxy: over TCP, and able to fall silent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

from tests.faults.proxy import Proxy, Target


@dataclass(frozen=True)
class Proxied:
    """The address of a database, by way of a proxy."""

    url: str
    proxy: Proxy


@asynccontextmanager
async def proxied(database_url: str) -> AsyncIterator[Proxied]:
    parts = urlsplit(database_url)
    user = parts.netloc.rpartition("@")[0]
    async with Proxy(lambda: _target(database_url)) as proxy:
        address = parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}", query="sslmode=disable")
        yield Proxied(urlunsplit(address), proxy)


def _target(database_url: str) -> Target:
    parts = urlsplit(database_url)
    if directory := parse_qs(parts.query).get("host"):
        return Path(directory[0]) / ".s.PGSQL.5432"
    return (parts.hostname or "127.0.0.1", parts.port or 5432)
