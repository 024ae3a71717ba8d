"""The bundled PostgreSQL: found, made, started and stopped with nothing installed or configured.

The entry point is `launcher`. It uses `account` (the user it runs as), `programs` (where its programs are),
`data_dir` (what lies where), `cluster` (made once) and `postmaster` (one run). It knows nothing of the application.
"""

from server.embedded.data_dir import DataDir, Running
from server.embedded.errors import EmbeddedPostgresError
from server.embedded.launcher import EmbeddedPostgres, find_postgres
from server.embedded.programs import OLDEST_VERSION

__all__ = ["OLDEST_VERSION", "DataDir", "EmbeddedPostgres", "EmbeddedPostgresError", "Running", "find_postgres"]
