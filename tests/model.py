"""Connect Four once more, in the plainest way there is: lists of cells and loops.

Deliberately naive and deliberately written without a look at `server.domain`, so that the two can disagree.
"""

from dataclasses import dataclass, field

LETTERS = "ABCDEFG"
DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


@dataclass
class Model:
    """A game that has started, unless it expires before: `one` holds R and moves first."""

    one: str = "one"
    two: str = "two"
    columns: list[list[str]] = field(default_factory=lambda: [[] for _ in LETTERS])
    moves: int = 0
    result: str | None = None
    reason: str | None = None
    winning: set[str] = field(default_factory=set)
    has_started: bool = True
    draw_offered_by: str | None = None
    draws_declined: set[str] = field(default_factory=set)
    clock: tuple[int, int] | None = None
    """What each side is given, and what each move adds, in seconds."""
    rematch_offered_by: str | None = None
    rematches_declined: set[str] = field(default_factory=set)
    previous: str | None = None
    origin: tuple[str, int] | None = None
    replayed: int = 0
    next: str | None = None
    left: dict[str, int] = field(default_factory=dict)
    """What is left to each player at the beginning of the turn, in milliseconds."""

    def __post_init__(self) -> None:
        if self.clock and not self.left:
            self.left = {self.one: self.clock[0] * 1000, self.two: self.clock[0] * 1000}

    @property
    def next_player(self) -> str | None:
        if self.result:
            return None
        return self.one if self.moves % 2 == 0 else self.two

    @property
    def clock_runs(self) -> bool:
        return bool(self.clock) and self.moves - self.replayed >= 2

    def replay(self, letter: str) -> None:
        """Take a move over from the origin."""
        player = self.next_player or ""
        self._drop(player, self.columns[LETTERS.index(letter)])

    def move(self, player: str, letter: str, elapsed: int = 0, lag: int = 0) -> str | None:
        """Make a move; return the code of the refusal, or None."""
        if refusal := self._refusal(player):
            return refusal
        if player != self.next_player:
            return "not_your_turn"
        column = self.columns[LETTERS.index(letter)]
        if len(column) == 6:
            return "column_full"
        if self.clock:
            took = self.took(elapsed, lag)
            if self.clock_runs and took >= self.left[player]:
                return "time_is_up"
            self.left[player] += self.clock[1] * 1000 - took
        self._drop(player, column)
        return None

    def took(self, elapsed: int, lag: int) -> int:
        return max(elapsed, 0) - self.credit(elapsed, lag) if self.clock_runs else 0

    def credit(self, elapsed: int, lag: int) -> int:
        """At most half a second, and never more than passed."""
        if not self.clock_runs or lag < 0:
            return 0
        return min(500, lag, max(elapsed, 0))

    def call_flag(self, elapsed: int) -> str | None:
        if self.result:
            return "game_finished"
        loser = self.next_player or ""
        if not self.clock_runs or elapsed < self.left[loser] + 500:
            return "time_not_up"
        self.left[loser] = 0
        self._end("PLAYER_TWO_WON" if loser == self.one else "PLAYER_ONE_WON", "TIMEOUT")
        return None

    def credit_time(self, one: int, two: int) -> str | None:
        if self.result:
            return "game_finished"
        if self.clock_runs:
            self.left[self.one] += one
            self.left[self.two] += two
        return None

    def resign(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        self._end("PLAYER_TWO_WON" if player == self.one else "PLAYER_ONE_WON", "RESIGNATION")
        return None

    def abort(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.moves - self.replayed > 1:
            return "too_late_to_abort"
        self._end("ABORTED", "ABORTED")
        return None

    def claim_win(self, player: str, *, gone: bool = True) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if not gone:
            return "not_gone"
        self._end("PLAYER_ONE_WON" if player == self.one else "PLAYER_TWO_WON", "ABANDONMENT")
        return None

    def claim_draw(self, player: str, *, gone: bool = True) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if not gone:
            return "not_gone"
        self._end("TIED", "ABANDONMENT")
        return None

    def offer_draw(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.draw_offered_by not in (None, player):
            self._end("TIED", "AGREEMENT")
            return None
        if self.draw_offered_by is None and player in self.draws_declined:
            return "draw_declined"
        self.draw_offered_by = player
        return None

    def accept_draw(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.draw_offered_by in (None, player):
            return "no_draw_offered"
        self._end("TIED", "AGREEMENT")
        return None

    def decline_draw(self, player: str) -> str | None:
        if refusal := self._refusal(player):
            return refusal
        if self.draw_offered_by is None or self.draw_offered_by == player:
            return "no_draw_offered"
        self.draws_declined.add(self.draw_offered_by)
        self.draw_offered_by = None
        return None

    def offer_rematch(self, player: str, new_game: str = "next") -> str | None:
        if refusal := self._rematch_refusal(player):
            return refusal
        if self.next or self.rematch_offered_by == player:
            return None
        if self.rematch_offered_by:
            return self.accept_rematch(player, new_game)
        if player in self.rematches_declined:
            return "rematch_declined"
        self.rematch_offered_by = player
        return None

    def accept_rematch(self, player: str, new_game: str = "next") -> str | None:
        if refusal := self._rematch_refusal(player):
            return refusal
        if self.next is None:
            if self.rematch_offered_by in (None, player):
                return "no_rematch_offered"
            self.next, self.rematch_offered_by = new_game, None
        return None

    def decline_rematch(self, player: str) -> str | None:
        if refusal := self._rematch_refusal(player):
            return refusal
        if self.rematch_offered_by is None or self.rematch_offered_by == player:
            return "no_rematch_offered"
        self.rematches_declined.add(self.rematch_offered_by)
        self.rematch_offered_by = None
        return None

    def expire(self) -> str | None:
        if self.result:
            return "game_finished"
        if self.clock_runs:
            return "clock_runs"
        self._end("ABORTED", "EXPIRED")
        return None

    def end_alone(self, reason: str) -> None:
        """Nobody joined: there never was a player two, and the opener plays no colour."""
        self.has_started = False
        self._end("ABORTED", reason)

    def cell(self, column: int, row: int) -> str:
        if 0 <= column < 7 and 0 <= row < len(self.columns[column]):
            return self.columns[column][row]
        return "."

    def rows(self) -> list[str]:
        return ["".join(self.cell(column, row) for column in range(7)) for row in (5, 4, 3, 2, 1, 0)]

    def state(self, version: int) -> dict[str, object]:
        """What GET /api/games/{id} must say, without the id."""
        return {
            "version": version,
            "status": "finished" if self.result else "live",
            "board": self.rows(),
            "player_one": self.one if self.has_started else None,
            "player_two": self.two if self.has_started else None,
            "next_player": self.next_player,
            "result": self.result,
            "reason": self.reason,
            "winning_cells": sorted(self.winning),
        }

    def more(self) -> dict[str, object]:
        """What else there is to say of a game: its clock, and who waits for an answer."""
        return {
            "clock": self._clock(),
            "draw_offered_by": self.draw_offered_by,
            "rematch_offered_by": self.rematch_offered_by,
            "previous": self.previous,
            "origin": {"game": self.origin[0], "version": self.origin[1]} if self.origin else None,
            "next": self.next,
        }

    def _clock(self) -> dict[str, object] | None:
        if not self.clock:
            return None
        running = None
        if self.clock_runs and not self.result:
            running = "player_one" if self.next_player == self.one else "player_two"
        return {
            "initial_s": self.clock[0],
            "increment_s": self.clock[1],
            "player_one_ms": self.left[self.one],
            "player_two_ms": self.left[self.two],
            "running": running,
        }

    def _refusal(self, player: str) -> str | None:
        if player not in (self.one, self.two):
            return "not_a_player"
        return "game_finished" if self.result else None

    def _rematch_refusal(self, player: str) -> str | None:
        if player not in (self.one, self.two):
            return "not_a_player"
        return None if self.result else "game_not_finished"

    def _end(self, result: str, reason: str) -> None:
        self.result, self.reason = result, reason
        self.draw_offered_by = None

    def _drop(self, player: str, column: list[str]) -> None:
        column.append("R" if player == self.one else "Y")
        self.moves += 1
        self.draws_declined = set()
        if self.draw_offered_by != player:
            self.draw_offered_by = None
        self.winning = self._lines()
        if self.winning:
            self._end("PLAYER_ONE_WON" if player == self.one else "PLAYER_TWO_WON", "FOUR_IN_A_ROW")
        elif self.moves == 42:
            self._end("TIED", "BOARD_FULL")

    def _lines(self) -> set[str]:
        found: set[str] = set()
        for column in range(7):
            for row in range(6):
                for right, up in DIRECTIONS:
                    line = [(column + step * right, row + step * up) for step in range(4)]
                    tokens = {self.cell(*place) for place in line}
                    if len(tokens) == 1 and tokens != {"."}:
                        found |= {f"{LETTERS[c]}{r + 1}" for c, r in line}
        return found
