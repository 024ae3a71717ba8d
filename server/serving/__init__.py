"""From settings to a server that people can reach, and back to nothing running.

The entry point is `running`. It uses `listening` (the port), `stopping` (signals), `single` (one process that
serves), `workers` (several, each a `worker` with a `heartbeat`), `last_resort` (for one that doesn't end),
`greeting` (what is printed) and `logs`. All that relies on what uvicorn keeps private is in `uvicorn_adapter`.
"""

from server.serving.errors import ServingError
from server.serving.running import serve

__all__ = ["ServingError", "serve"]
