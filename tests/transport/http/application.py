"""The whole application, asked in the process of the test and without a socket, by a client at any address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from server.app import create_app
from server.settings.settings import read_settings
from tests.processes import SECRET


@asynccontextmanager
async def application(
    database_url: str, *, client: str = "127.0.0.1", origins: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the application until the end of the block; gives a client of it."""
    environment = {"FOURFOLD_SECRET": SECRET, "FOURFOLD_ORIGINS": origins}
    app = create_app(read_settings({"database_url": database_url}, environment))
    async with app.router.lifespan_context(app), asking(app, client) as http:
        yield http


def asking(app: Starlette, client: str = "127.0.0.1") -> httpx.AsyncClient:
    """A client of an application that runs."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(client, 1)), base_url="http://here.example")


def scope_of(method: str, path: str, client: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    """What a server tells an application of a request, for tests that play the server themselves."""
    return {
        "type": "http",
        "asgi": {},
        "scheme": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": (client, 1),
    }
