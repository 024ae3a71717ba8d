"""A socket that has closed is gone at once: the garbage collector comes too rarely to wait for it."""

import asyncio
import gc
from collections import Counter

from server.serving.uvicorn_adapter.http import HttpAdapter
from server.serving.uvicorn_adapter.websocket import WebSocketAdapter
from server.transport.websocket.connection import Connection
from server.transport.websocket.session import Session
from tests.serving.in_process import peer_of, serving


def living() -> Counter[str]:
    """How many sockets and protocols there are."""
    kinds = (Connection, Session, WebSocketAdapter, HttpAdapter)
    return Counter(type(it).__name__ for it in gc.get_objects() if isinstance(it, kinds))


async def test_closed_sockets_leave_nothing_for_the_collector(database_url: str) -> None:
    async with serving(database_url) as port:
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                async with peer_of(port):
                    pass
            async with asyncio.timeout(10):
                while living():  # noqa: ASYNC110 - nothing tells when memory is freed
                    await asyncio.sleep(0.01)
        finally:
            gc.enable()
