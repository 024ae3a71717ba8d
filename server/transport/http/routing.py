"""A route that hands each method of a resource to the function that answers it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def resource(path: str, *, get: Handler | None = None, post: Handler | None = None) -> Route:
    """Return the route of a resource. Methods without a handler are refused; HEAD is answered like GET."""
    handlers = {"GET": get, "HEAD": get, "POST": post}
    known = {method: handler for method, handler in handlers.items() if handler is not None}

    async def answer(request: Request) -> Response:
        return await known[request.method](request)

    return _ExactRoute(path, answer, methods=list(known))


class _ExactRoute(Route):
    """A route that ends where its path ends: Starlette's matches one line break more."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].endswith("\n") else super().matches(scope)
