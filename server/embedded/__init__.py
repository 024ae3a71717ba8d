"""The PostgreSQL that comes along: found, made, started and stopped with nothing installed or configured.

`launcher` is the door. Behind it: `account` (as whom it runs), `programs` (what is run), `data_dir` (on what),
`cluster` (made once) and `postmaster` (each run). It knows nothing of the application.
"""

from server.embedded.data_dir import DataDir, Running
from server.embedded.errors import EmbeddedPostgresError
from server.embedded.launcher import EmbeddedPostgres, find_postgres
from server.embedded.programs import OLDEST_VERSION

__all__ = ["OLDEST_VERSION", "DataDir", "EmbeddedPostgres", "EmbeddedPostgresError", "Running", "find_postgres"]
