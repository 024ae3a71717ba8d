"""Everything private of uvicorn that this server relies on.

`http` and `websocket` are its two protocols, within limits; `config` is what they are given. `connection_limit`,
`slices` and `framing` know nothing of uvicorn.
"""

from server.serving.uvicorn_adapter.config import AdapterConfig, connection_limit
from server.serving.uvicorn_adapter.http import HttpAdapter
from server.serving.uvicorn_adapter.websocket import WebSocketAdapter

__all__ = ["AdapterConfig", "HttpAdapter", "WebSocketAdapter", "connection_limit"]
