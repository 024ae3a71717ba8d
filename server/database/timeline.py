"""Which server a session leads to, and which history that server writes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """One unbroken history of one database: what two sessions must share to see the same log.

    A standby that is promoted begins a new timeline with the next number; it may lack the end of the old one.
    """

    system_identifier: int
    number: int
    server_started_at: datetime
    """Two standbys may both have been promoted to the same number, so the running server is named too."""

    def is_older_than(self, other: "Timeline") -> bool:
        """Whether `other` came after this one, so that this is the timeline of a primary that was replaced."""
        return self.system_identifier == other.system_identifier and self.number < other.number


def any_timeline(_timeline: Timeline) -> bool:
    """Accept whatever the primary writes."""
    return True
