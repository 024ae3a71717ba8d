"""A game as everybody sees it: whoever sees an event first says what it is, and all others must see the same."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.checking.journal import Event
from tests.load.client import View

Breach = Callable[[str, str, str, list[str]], None]
"""Takes a broken promise: its name, the game, what shows it, and the lines that lead up to it."""


@dataclass(slots=True, eq=False)
class Observation:
    """What was seen of one game by all who watch it."""

    game: str
    breach: Breach
    events: list[Event] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    behind: int = 0
    """How many views have yet to see the newest version that anybody has seen."""

    @property
    def version(self) -> int:
        """The newest version that anybody has seen."""
        return len(self.events)

    def take(self, view: View, told: list[Event]) -> int:
        """Compare what a client was told with what others were; return how many events are new to it."""
        if view.is_broken:
            return 0
        before, newest = view.version, self.version
        for event in told:
            if event.version != view.version + 1:
                self._break(view, "an observer sees a prefix of the log", event, told)
                break
            if event.version > len(self.events):
                self.events.append(event)
            elif event != self.events[event.version - 1]:
                self._break(view, "all observers see the same", event, told)
                break
            view.version = event.version
        if self.version > newest:
            self.behind = sum(not view.is_broken for view in self.views) - 1
        elif before < newest and (view.version == newest or view.is_broken):
            self.behind -= 1
        return view.version - before

    def _break(self, view: View, promise: str, event: Event, told: list[Event]) -> None:
        view.is_broken = True
        who = view.client.name
        trace = [f"all saw {known}" for known in self.events[max(0, view.version - 3) : event.version]]
        trace += [f"{who}, having seen version {view.version}, was told {one}" for one in told[:4]]
        self.breach(promise, self.game, f"{who} was told version {event.version} after {view.version}", trace)
