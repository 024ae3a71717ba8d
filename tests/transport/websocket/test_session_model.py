"""Any sequence of frames, reads, outcomes, changes and delays, held against a model that is plainly right.

What hypothesis looks for: a message that is never answered or answered twice, an event that a watcher misses or
gets twice, a session that asks for work without end, replies that grow without bound, a peer never read again.
"""

import json
from collections import Counter, deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.application.live_game import LiveGame, UnreadableGameError
from server.application.outcomes import Accepted, RefusedError
from server.domain.errors import NotYourTurnError
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.transport.websocket.messages import ClientCommand, Watch
from server.transport.websocket.session import COME_BACK, MAX_IN_FLIGHT, MAX_PENDING_REPLIES
from server.transport.websocket.work import LookUpNames, ReadGame, SubmitCommand, Subscribe, Unsubscribe
from tests.transport.websocket.driver import Driver, make_move, unwatch, watch
from tests.transport.websocket.recorded import ANN, MOVES, advance

GAMES = ("g", "h", "i")
UNKNOWN = "nowhere"
NEWEST = len(MOVES) + 2

games = st.sampled_from(GAMES)
anything = st.sampled_from((*GAMES, UNKNOWN))


class SessionMachine(RuleBasedStateMachine):
    """One session, the peer behind it, and the three live games of its process."""

    def __init__(self) -> None:
        super().__init__()
        self.live = {name: LiveGame(GameId(name)) for name in GAMES}
        for live in self.live.values():
            advance(live, 2)
        self.reading: ReadGame | None = None
        self.lookup: LookUpNames | None = None
        self.in_flight: deque[ClientCommand] = deque()
        self.subscribed: set[str] = set()
        # The model: the commands that the peer waits for, and the version up to which it has seen each game.
        self.unanswered: Counter[str] = Counter()
        self.seen: dict[str, int] = {}
        self.number = 0

    @initialize(is_guest=st.booleans(), names_known=st.booleans())
    def begin(self, *, is_guest: bool, names_known: bool) -> None:
        self.driver = Driver(None if is_guest else "ann")
        self.driver.known = None if names_known else set()
        self.session = self.driver.session

    # The peer.

    @precondition(lambda self: self.session.wants_frames)
    @rule(
        asked=st.lists(
            st.tuples(st.sampled_from(["watch", "unwatch", "move"]), anything, st.integers(0, 6)), max_size=40
        )
    )
    def send(self, asked: list[tuple[str, str, int]]) -> None:
        """One read of the socket brings a few frames; only then does anybody stop reading."""
        self.driver.now += 10  # honest peers keep within the rate
        for kind, name, after in asked:
            self.session.receive(json.dumps(self.message(kind, name, after)))
        self.work()

    @precondition(lambda self: self.session.wants_frames)
    @rule(kind=st.sampled_from(["watch", "unwatch", "move"]), name=anything, count=st.integers(100, 600))
    def flood(self, kind: str, name: str, count: int) -> None:
        for _ in range(count):
            self.session.receive(json.dumps(self.message(kind, name, 0)))
        self.work()

    def message(self, kind: str, name: str, after: int) -> dict[str, Any]:
        match kind:
            case "watch":
                return watch(name, after)
            case "unwatch":
                return unwatch(name)
            case _:
                self.number += 1
                move = make_move(name, self.number)
                self.unanswered[move["id"]] += 1
                return move

    @precondition(lambda self: self.session.close_code is None)
    @rule(frame=st.one_of(st.text(max_size=40), st.binary(max_size=40), st.just("x" * 5000)))
    def send_nonsense(self, frame: str | bytes) -> None:
        self.session.receive(frame)
        self.work()

    @rule(writes=st.integers(1, 3))
    def read_some(self, writes: int) -> None:
        for _ in range(writes):
            self.receive_messages()
            self.work()

    # The process.

    @rule(name=games, moves=st.integers(1, 3))
    def the_game_goes_on(self, name: str, moves: int) -> None:
        live = self.live[name]
        advance(live, min(live.version + moves, NEWEST))
        if name in self.subscribed:
            self.session.game_changed(live.id)

    @precondition(lambda self: self.reading is not None)
    @rule(
        error=st.sampled_from([None, None, None, UnreadableGameError(), StoreBusyError(), StoreUnavailableError()])
    )
    def a_read_ends(self, error: Exception | None) -> None:
        assert self.reading is not None
        reading, self.reading = self.reading, None
        if error is None:
            self.note_watch(reading)
            self.session.game_read(
                reading, self.live.get(reading.message.game, LiveGame(GameId(reading.message.game)))
            )
        else:
            self.session.work_failed(reading, error)
        self.work()

    def note_watch(self, reading: ReadGame) -> None:
        """A watch that is answered sets what the peer has seen; one from beyond the end is refused."""
        name = reading.message.game
        if isinstance(reading.message, Watch) and name in self.live and self.session.close_code is None:
            if reading.message.after <= self.live[name].version:
                self.seen[name] = reading.message.after
            else:
                self.seen.pop(name, None)

    @rule()
    @precondition(lambda self: self.session.close_code is None and self.number > 60)
    def the_history_is_no_longer_true(self) -> None:
        self.session.close(COME_BACK)
        self.work()

    @precondition(lambda self: self.lookup is not None)
    @rule()
    def names_are_looked_up(self) -> None:
        assert self.lookup is not None
        self.driver.known = (self.driver.known or set()) | self.lookup.players
        self.lookup = None
        self.session.names_known()
        self.work()

    @precondition(lambda self: bool(self.in_flight))
    @rule(outcome=st.sampled_from(["accepted", "refused", "busy", "unreadable", "unknown"]), is_last=st.booleans())
    def a_command_ends(self, outcome: str, *, is_last: bool) -> None:
        command = self.in_flight.pop() if is_last else self.in_flight.popleft()
        live = self.live.get(command.game, LiveGame(GameId(command.game)))
        outcomes: dict[str, Accepted | Exception] = {
            "accepted": Accepted(live.id, Version(3), duplicate=False),
            "refused": RefusedError(NotYourTurnError(ANN), live),
            "busy": StoreBusyError(),
            "unreadable": UnreadableGameError(),
            "unknown": StoreUnavailableError(),
        }
        self.session.command_finished(command, outcomes[outcome])
        self.work()

    # The caller's duty: do the work there is.

    def work(self) -> None:
        for _ in range(2000):
            work = self.session.next_work()
            match work:
                case None:
                    return
                case ReadGame():
                    assert self.reading is None, "two reads at a time"
                    self.reading = work
                case SubmitCommand(message):
                    self.in_flight.append(message)
                case LookUpNames():
                    assert self.lookup is None, "two look-ups at a time"
                    self.lookup = work
                case Subscribe(live):
                    self.subscribed.add(live.id)
                case Unsubscribe(live):
                    self.subscribed.discard(live.id)
                    self.seen.pop(live.id, None)
        raise AssertionError("work without end")

    def receive_messages(self) -> int:
        messages = self.session.next_messages()
        for encoded in messages:
            self.check(json.loads(encoded))
        return len(messages)

    def check(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "events":
                self.check_events(message["game"], [event["version"] for event in message["events"]])
            case "accepted" | "rejected" if "id" in message:
                self.unanswered[message["id"]] -= 1
                assert self.unanswered[message["id"]] == 0, "answered twice, or never asked"
            case "rejected":
                assert "id" not in message
            case "welcome" | "error":
                pass
            case unknown:
                raise AssertionError(unknown)

    def check_events(self, name: str, versions: list[int]) -> None:
        """A message brings everything there is beyond what the peer has seen."""
        newest = self.live[name].version
        assert versions == list(range(self.seen[name] + 1, newest + 1)), "a hole or a repeat"
        self.seen[name] = newest

    @invariant()
    def memory_is_bounded(self) -> None:
        if hasattr(self, "session"):
            assert self.session.pending_replies <= MAX_PENDING_REPLIES + MAX_IN_FLIGHT + 1
            assert len(self.in_flight) <= MAX_IN_FLIGHT
            assert self.subscribed == self.seen.keys()

    def teardown(self) -> None:
        """Let everything end well: then nothing is left unanswered, and every watcher has seen everything."""
        if not hasattr(self, "session"):
            return
        for _ in range(5000):
            if self.reading is not None:
                self.a_read_ends(None)
            elif self.lookup is not None:
                self.names_are_looked_up()
            elif self.in_flight:
                self.a_command_ends("accepted", is_last=False)
            else:
                messages = self.receive_messages()
                self.work()
                if not messages and self.reading is None and self.lookup is None and not self.in_flight:
                    break
        else:
            raise AssertionError("it never comes to rest")
        if self.session.close_code is None:
            assert self.session.wants_frames, "the peer would never be read again"
            assert not +self.unanswered, "a command was never answered"
            for name in self.subscribed:
                assert self.seen[name] == self.live[name].version, "a watcher missed the last events"
        else:
            assert self.session.next_work() is None
            assert not self.session.pending_replies


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


def test_the_model_knows_every_message() -> None:
    """A new kind of message has to be added here, too."""
    assert {Watch.__name__, *(c.__name__ for c in ClientCommand.__args__)} == {"Watch", "MakeMove", "Resign"}
