"""Places in a stream and in the log, named so that a reader notices when something else lies there by now.

A number alone would not do: after a restore, or a failover to a standby that lacked the end of the log, the same
number may belong to another event. The command id of the event tells the two apart.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from server.domain.vocabulary import Version


@dataclass(frozen=True, slots=True)
class StreamHead:
    """The last event of a stream as somebody knows it: what a read continues, and what an append builds on."""

    version: Version
    command_id: UUID | None
    """The command that led there; None at version 0, or if it is not known, so that nothing can be compared."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """An event of the log."""

    position: int
    command_id: UUID


NO_EVENTS: Final = StreamHead(Version(0), None)
"""The head of a stream before its first event."""

START: Final = LogPosition(0, UUID(int=0))
"""The place before the first event: every log has it."""
