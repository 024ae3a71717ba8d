"""The page and its files, whether the server is healthy, and what it says of its interfaces."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from server.transport.http.documents import asyncapi_document, openapi_document
from server.transport.http.guards import Guards
from server.transport.http.responses import json_response
from server.transport.http.routing import Handler, resource

_REVALIDATE: Final = {"Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class Site:
    """What is served besides the API. `is_ready` says whether this process should be sent requests."""

    guards: Guards
    directory: Path
    is_ready: Callable[[], Awaitable[bool]]
    metrics: Callable[[], dict[str, tuple[str, float]]]

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the page and of what an operator looks at."""
        openapi, asyncapi = msgspec.json.encode(openapi_document()), msgspec.json.encode(asyncapi_document())
        return [
            resource("/", get=self._page("index.html")),
            resource("/games/{id}", get=self._page("game.html")),
            resource("/replay/{notation}", get=self._page("game.html")),
            resource("/favicon.ico", get=self._page("favicon.svg")),
            Mount("/static", _RevalidatedFiles(directory=self.directory)),
            resource("/healthz", get=self.healthz),
            resource("/readyz", get=self.guards.counted(self.readyz)),
            resource("/metrics", get=self.metrics_text),
            resource("/openapi.json", get=_document(openapi)),
            resource("/asyncapi.json", get=_document(asyncapi)),
        ]

    async def healthz(self, _request: Request) -> Response:
        """Answer that the process answers."""
        return _state("ok", 200)

    async def readyz(self, _request: Request) -> Response:
        """Answer whether this process should be sent requests: it receives events, and Postgres answers."""
        return _state("ready", 200) if await self.is_ready() else _state("not ready", 503)

    async def metrics_text(self, _request: Request) -> Response:
        """Answer with figures in the Prometheus text format, version 0.0.4."""
        lines = [
            f"# HELP {name} {meaning}\n# TYPE {name} {_kind(name)}\n{name} {value:g}\n"
            for name, (meaning, value) in self.metrics().items()
        ]
        return PlainTextResponse("".join(lines), media_type="text/plain; version=0.0.4")

    def _page(self, name: str) -> Handler:
        path = self.directory / name

        async def page(_request: Request) -> Response:
            return FileResponse(path, headers=_REVALIDATE)

        return page


class _RevalidatedFiles(StaticFiles):
    """Files that browsers keep but ask about each time, so that a new version is never mixed with an old one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_REVALIDATE)
            await send(message)

        await super().__call__(scope, receive, send_with_header)


def _document(content: bytes) -> Handler:
    async def document(_request: Request) -> Response:
        return Response(content, headers=_REVALIDATE, media_type="application/json")

    return document


def _kind(metric: str) -> str:
    """Return the Prometheus type of a metric: what only grows is named so."""
    return "counter" if metric.endswith("_total") else "gauge"


def _state(status: str, code: int) -> Response:
    return json_response({"status": status}, code)
