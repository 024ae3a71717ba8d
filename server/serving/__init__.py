"""From settings to a server that people can reach, and back to nothing running.

`running` is the door. Behind it: `listening` (the port), `stopping` (signals), `single` (one process that serves),
`workers` (several), `greeting` (what is printed) and `logs`.
"""

from server.serving.errors import ServingError
from server.serving.running import serve

__all__ = ["ServingError", "serve"]
