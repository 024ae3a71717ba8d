"""JSON answers over HTTP."""

import msgspec
from starlette.responses import Response


def json_response(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return `content` as JSON."""
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")
