"""The log examined, carried off and brought in: `fourfold verify`, `fourfold export`, `fourfold import`.

`lines` is how an event looks outside the database, `chain` what makes tampering show; `appends` and `streams` hold
the log to the rules without any I/O; `verification`, `exporting` and `importing` are the three commands, and
`commands` puts them on the command line.
"""

from server.cli.audit.chain import Head
from server.cli.audit.commands import COMMANDS, add_commands, carry_out
from server.cli.audit.errors import AuditError

__all__ = ["COMMANDS", "AuditError", "Head", "add_commands", "carry_out"]
