"""Which history this process works with: the timeline that its feed follows, and the newest event it knows of it.

After a failover two servers may answer for a while, and the one that took over may lack the end of what the other
had committed. So feed, writer and reads agree on one timeline here, and the feed leads: what is decided on the
events that it published is written to the log that they came from, or not at all.
"""

import asyncio
from collections.abc import Callable

from server.database.timeline import Timeline
from server.eventstore.places import LogPosition


class History:
    """The history that one process works with; its feed keeps it up to date, the others look."""

    def __init__(self) -> None:
        self.subscribed = asyncio.Event()
        """Set while the feed listens and has published everything up to the start of its session."""
        self.epoch = 0
        """How often the history turned out to be another one: what was decided in an earlier epoch is void."""
        self.newest: LogPosition | None = None
        """The newest event that this process knows, published or read."""
        self._timeline: Timeline | None = None
        self._latest_timeline: Timeline | None = None
        self._leave: Callable[[], None] = _nothing

    def follows(self, timeline: Timeline) -> bool:
        """Whether a session on `timeline` sees what the feed publishes; any session does before the feed began."""
        return self._timeline is None or timeline == self._timeline

    def is_current(self, timeline: Timeline) -> bool:
        """Whether the feed may follow `timeline`: it never goes back to a primary that was replaced."""
        return self._latest_timeline is None or not timeline.is_older_than(self._latest_timeline)

    def follow(self, timeline: Timeline, leave: Callable[[], None]) -> None:
        """Work with `timeline` from now on; `leave` is called when the feed should look for another server."""
        self._timeline = self._latest_timeline = timeline
        self._leave = leave

    def notice(self, timeline: Timeline) -> None:
        """Learn of a server on another timeline; unless it was replaced, the feed looks for a server again."""
        if self.is_current(timeline):
            self._latest_timeline = timeline
            self._leave()

    def know(self, position: LogPosition) -> None:
        """Learn of an event, which the feed will look for in the log of each server that it follows."""
        if self.newest is None or position.position > self.newest.position:
            self.newest = position

    def begin_again_at(self, position: LogPosition) -> None:
        """Take what the log holds now for the history: it ends at `position`, and what else was known is void."""
        self.newest = position
        self.epoch += 1


def _nothing() -> None:
    pass
