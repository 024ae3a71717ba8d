"""Write `illegal.json`: logs that no server can have written, each with the event that cannot follow.

The Python fold, the JavaScript one and the verification of logs must all refuse that event, and none before it.
Only where an append as a whole is wrong (a winning move without its end), the verification, which alone knows
appends, names an earlier event. Run `python -m tests.golden.illegal` after a change of what is here.
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from tests.golden.appends import steps_of

FILE = Path(__file__).with_name("illegal.json")

ANN, BOB, EVE = "a1", "b2", "e3"

WON = ("PLAYER_ONE_WON", "PLAYER_TWO_WON")
RESULTS = (*WON, "TIED", "ABORTED")
REASONS = (
    "FOUR_IN_A_ROW",
    "BOARD_FULL",
    "RESIGNATION",
    "AGREEMENT",
    "TIMEOUT",
    "ABANDONMENT",
    "ABORTED",
    "EXPIRED",
)

TIE = "ABABABBABABACDCDCDDCDCDCEFEFEFFEFEFEGGGGGG"

Event = tuple[str, dict[str, Any]]


def opened(color: str = "red", **more: Any) -> Event:
    return "GameOpened", {"opener": ANN, "color": color, "public": True, **more}


def started(one: str = ANN, two: str = BOB, **more: Any) -> Event:
    return "GameStarted", {"player_one": one, "player_two": two, **more}


def move(player: str, column: str, **more: Any) -> Event:
    return "MoveMade", {"player": player, "column": column, **more}


def moves(letters: str) -> list[Event]:
    return [move((ANN, BOB)[place % 2], letter) for place, letter in enumerate(letters)]


def says(what: str, player: str) -> Event:
    return what, {"player": player}


def finished(result: str, reason: str) -> Event:
    return "GameFinished", {"result": result, "reason": reason}


def timed(player: str, column: str, took_ms: int = 0, credited_ms: int = 0) -> Event:
    return move(player, column, took_ms=took_ms, credited_ms=credited_ms)


def credited(one: int, two: int, reason: str = "OUTAGE") -> Event:
    return "TimeCredited", {"player_one_ms": one, "player_two_ms": two, "reason": reason}


OPEN = [opened()]
LIVE = [opened(), started()]
FRESH_CLOCK = [opened(clock={"initial_s": 10, "increment_s": 2}), started()]
CLOCK_RUNS = [*FRESH_CLOCK, timed(ANN, "D"), timed(BOB, "D")]
RESIGNED = finished("PLAYER_ONE_WON", "RESIGNATION")
EXPIRED = finished("ABORTED", "EXPIRED")
AGREED = finished("TIED", "AGREEMENT")
AGREED_TO_PLAY_AGAIN: Event = ("RematchAccepted", {"game": "g2"})


def logs() -> Iterator[dict[str, Any]]:
    """The illegal logs: in each the last event is the one that cannot follow."""
    for name, before, wrong in (
        *openings(),
        *moves_out_of_order(),
        *draws(),
        *times(),
        *rematches(),
        *played_on(),
        *ends(),
        *after_the_end(),
    ):
        yield _log(name, [*before, wrong])
    for name, before, wrong in ends_of_decided_games():
        yield _log(name, [*before, wrong], last_step=2)
    yield from replays()
    rematch = opened(previous="g1")
    yield _log("a rematch that seats a stranger", [rematch, started(BOB, EVE)], verified_at=1)
    yield _log("a rematch with the wrong colours", [rematch, started(BOB, ANN)], verified_at=1)
    yield _log("a rematch opened twice", [rematch, started(), rematch])
    yield _log("a move after four in a row", [*LIVE, *moves("ABABABAB")], verified_at=9)
    offered = says("DrawOffered", ANN)
    yield _log("a draw offered after four in a row", [*LIVE, *moves("ABABABA"), offered], verified_at=9)
    yield _log("a draw offered on a full board", [*LIVE, *moves(TIE), offered], verified_at=44)
    yield _log("a resignation after four in a row", [*LIVE, *moves("ABABABA"), RESIGNED], verified_at=9)
    yield _log("a resignation on a full board", [*LIVE, *moves(TIE), RESIGNED], verified_at=44)


Cases = Iterator[tuple[str, list[Event], Event]]


def openings() -> Cases:
    """Everything that can be wrong before the first move."""
    yield "a game that starts before it opens", [], started()
    yield "a move before the opening", [], move(ANN, "A")
    yield "an end before the opening", [], EXPIRED
    yield "a game opened twice", OPEN, opened()
    yield "a game opened again in the middle", LIVE, opened()
    yield "a colour that there is not", [], opened("blue")
    yield "a move before the start", OPEN, move(ANN, "A")
    yield "a game without its opener", OPEN, started(BOB, EVE)
    yield "a player against themselves", OPEN, started(ANN, ANN)
    yield "an opener who asked for red and plays yellow", OPEN, started(BOB, ANN)
    yield "an opener who asked for yellow and plays red", [opened("yellow")], started(ANN, BOB)
    yield "a chance that seats strangers", [opened("random")], started(BOB, EVE)
    yield "a game started twice", LIVE, started()
    yield "a game started again after moves", [*LIVE, *moves("DD")], started()


def moves_out_of_order() -> Cases:
    """Everything that can be wrong with a move."""
    yield "player two moves first", LIVE, move(BOB, "A")
    yield "a player moves twice", [*LIVE, *moves("A")], move(ANN, "A")
    yield "a stranger moves", LIVE, move(EVE, "A")
    yield "nobody moves", LIVE, move("", "A")
    yield "a seventh token in a column", [*LIVE, *moves("CCCCCC")], move(ANN, "C")
    yield "a column that there is not", LIVE, move(ANN, "H")
    yield "a column in small letters", LIVE, move(ANN, "a")
    yield "two columns at once", LIVE, move(ANN, "AB")
    yield "no column", LIVE, move(ANN, "")
    yield "a move without a player", LIVE, ("MoveMade", {"column": "A"})
    yield "a move without a column", LIVE, ("MoveMade", {"player": ANN})
    yield "an event that there is not", LIVE, ("MoveUndone", {"player": ANN})
    yield "an event with a name that every object has", LIVE, ("toString", {})


def draws() -> Cases:
    """Everything that can be wrong with an offer of a draw and its answer."""
    offered = [*LIVE, says("DrawOffered", BOB)]
    declined = [*offered, says("DrawDeclined", ANN)]
    for what in ("DrawOffered", "DrawDeclined"):
        yield f"{what} before the opening", [], says(what, ANN)
        yield f"{what} before the start", OPEN, says(what, ANN)
        yield f"{what} by a stranger", offered, says(what, EVE)
        yield f"{what} after the end", [*LIVE, RESIGNED], says(what, ANN)
        yield f"{what} without a player", LIVE, (what, {})
    yield "a draw offered twice", offered, says("DrawOffered", BOB)
    yield "a draw offered against an offer, which is agreement", offered, says("DrawOffered", ANN)
    yield "a draw offered again in the position in which it was declined", declined, says("DrawOffered", BOB)
    yield "a draw declined that nobody offered", LIVE, says("DrawDeclined", ANN)
    yield "a draw declined by its offerer", offered, says("DrawDeclined", BOB)
    yield "a draw declined twice", declined, says("DrawDeclined", ANN)
    yield "a draw declined after a move declined it", [*offered, *moves("D")], says("DrawDeclined", ANN)
    yield "an agreement after the offer was declined", declined, AGREED
    yield "an agreement after a move declined the offer", [*offered, *moves("D")], AGREED
    yield "a draw offered after the end by agreement", [*offered, AGREED], says("DrawOffered", ANN)


def times() -> Cases:
    """Everything that can be wrong with a clock."""
    for clock in ({"initial_s": 0, "increment_s": 2}, {"initial_s": 10}, {"initial_s": 10, "increment_s": -1}, 180):
        yield f"the clock {clock}", [], opened(clock=clock)
    yield "a move with a time in a game without a clock", LIVE, timed(ANN, "D", 0)
    yield "a move without a time in a game with a clock", FRESH_CLOCK, move(ANN, "D")
    yield "a move with half of its times", CLOCK_RUNS, move(ANN, "D", took_ms=100)
    yield "a move with the other half of its times", CLOCK_RUNS, move(ANN, "D", credited_ms=0)
    yield "a first move that takes time", FRESH_CLOCK, timed(ANN, "D", 1)
    yield "a first move with a credit", FRESH_CLOCK, timed(ANN, "D", 0, 1)
    yield "the other first move that takes time", CLOCK_RUNS[:-1], timed(BOB, "D", 1)
    yield "a move that takes all the time there is", CLOCK_RUNS, timed(ANN, "D", 12_000)
    yield "a move that takes more than is left", [*CLOCK_RUNS, timed(ANN, "D", 9_000)], timed(BOB, "D", 12_001)
    yield "a move that takes less than nothing", CLOCK_RUNS, timed(ANN, "D", -1)
    yield "a move that is credited too much", CLOCK_RUNS, timed(ANN, "D", 1_000, 501)
    yield "a move that is credited less than nothing", CLOCK_RUNS, timed(ANN, "D", 1_000, -1)
    yield "a move that takes half a millisecond", CLOCK_RUNS, move(ANN, "D", took_ms=0.5, credited_ms=0)
    yield "a move that takes a word", CLOCK_RUNS, move(ANN, "D", took_ms="1", credited_ms=0)
    yield "time given back before the opening", [], credited(1, 0)
    yield "time given back before the start", FRESH_CLOCK[:1], credited(1, 0)
    yield "time given back before a clock runs", CLOCK_RUNS[:-1], credited(1, 0)
    yield "time given back without a clock", [*LIVE, *moves("DD")], credited(1, 0)
    yield "time given back after the end", [*CLOCK_RUNS, RESIGNED], credited(1, 0)
    yield "no time given back", CLOCK_RUNS, credited(0, 0)
    yield "time taken", CLOCK_RUNS, credited(5, -1)
    yield "time given back for a smile", CLOCK_RUNS, credited(1, 0, "SMILE")


def rematches() -> Cases:
    """Everything that can be wrong after the end."""
    over = [*LIVE, *moves("D"), RESIGNED]
    offered = [*over, says("RematchOffered", BOB)]
    declined = [*offered, says("RematchDeclined", ANN)]
    agreed = [*offered, AGREED_TO_PLAY_AGAIN]
    for what in (says("RematchOffered", ANN), says("RematchDeclined", ANN), AGREED_TO_PLAY_AGAIN):
        yield f"{what[0]} before the opening", [], what
        yield f"{what[0]} before the start", OPEN, what
        yield f"{what[0]} before the end", [*LIVE, *moves("DD")], what
        yield f"{what[0]} after the end of a game that nobody joined", [*OPEN, EXPIRED], what
        yield f"{what[0]} after another game was agreed to", agreed, what
        yield f"{what[0]} without its only field", offered, (what[0], {})
    yield "a rematch offered by a stranger", over, says("RematchOffered", EVE)
    yield "a rematch offered twice", offered, says("RematchOffered", BOB)
    yield "a rematch offered against an offer, which is agreement", offered, says("RematchOffered", ANN)
    yield "a rematch offered again after it was declined", declined, says("RematchOffered", BOB)
    yield "a rematch declined that nobody offered", over, says("RematchDeclined", ANN)
    yield "a rematch declined by its offerer", offered, says("RematchDeclined", BOB)
    yield "a rematch declined by a stranger", offered, says("RematchDeclined", EVE)
    yield "a rematch declined twice", declined, says("RematchDeclined", ANN)
    yield "a rematch that nobody offered", over, AGREED_TO_PLAY_AGAIN
    yield "a rematch that was declined", declined, AGREED_TO_PLAY_AGAIN
    yield "a move after a rematch was offered", offered, move(BOB, "D")
    yield "a second end after a rematch was offered", offered, RESIGNED


def played_on() -> Cases:
    """Everything that can be wrong with a game that begins from a position of another one."""
    from_there = opened(origin={"game": "g1", "version": 5})
    yield "moves taken over from nowhere", OPEN, started(replayed=3)
    yield "no moves taken over, in so many words", [from_there], started(replayed=0)
    yield "a full board taken over", [from_there], started(replayed=42)
    yield "an origin without a version", [], opened(origin={"game": "g1"})
    yield "an origin without a game", [], opened(origin={"version": 5})


def replays() -> Iterator[dict[str, Any]]:
    """The same where the wrong event comes in the append that replays the moves.

    That append is judged by what it must be as a whole, so the verification may name its first event.
    """
    from_there = [opened(origin={"game": "g1", "version": 5}), started(replayed=3)]
    clock = {"initial_s": 10, "increment_s": 2}
    with_clock = [opened(origin={"game": "g1", "version": 5}, clock=clock), started(replayed=3)]
    begun = [*from_there, *moves("DD")]
    yield _log("a move taken over that is made twice", [*begun, move(BOB, "D")], last_step=4, verified_at=5)
    yield _log("a move taken over that took time", [*with_clock, timed(ANN, "D")], last_step=2, verified_at=2)
    yield _log("a win taken over", [*from_there[:1], started(replayed=7), *moves("ABABABA")], verified_at=2)
    yield _log("an end among the moves taken over", [*begun, RESIGNED], verified_at=2)
    yield _log("a draw offered among the moves taken over", [*begun, says("DrawOffered", ANN)], verified_at=2)
    yield _log("a time for a game without one after the replay", [*begun, move(ANN, "D"), timed(BOB, "D")])


def ends() -> Cases:
    """Every result with every reason, where the game could go on, but for those that are right there."""
    yield from _ends("an open game", OPEN, lambda *end: end in {("ABORTED", "ABORTED"), ("ABORTED", "EXPIRED")})
    left = {("TIED", "ABANDONMENT"), ("ABORTED", "EXPIRED"), *product(WON, ("RESIGNATION", "ABANDONMENT"))}
    yield from _ends("a game begun", [*LIVE, *moves("DD")], lambda *end: end in left)
    fresh = {("ABORTED", "ABORTED"), *left}
    yield from _ends("a game where one has moved", [*LIVE, *moves("D")], lambda *end: end in fresh)
    yield from _ends("a game before its clock runs", CLOCK_RUNS[:-1], lambda *end: end in fresh)
    running = {*left, ("PLAYER_TWO_WON", "TIMEOUT")} - {("ABORTED", "EXPIRED")}
    yield from _ends("a game whose clock runs", CLOCK_RUNS, lambda *end: end in running)
    yield "a result that there is not", LIVE, finished("BOTH_WON", "RESIGNATION")
    yield "a reason that there is not", LIVE, finished("PLAYER_ONE_WON", "BOREDOM")


def ends_of_decided_games() -> Cases:
    """The same where the move before has decided the game; the wrong end comes in the append of that move."""
    one_won, two_won = [*LIVE, *moves("ABABABA")], [*LIVE, *moves("GAABBCCD")]
    yield from _ends("a game that player one won", one_won, lambda *end: end == (WON[0], "FOUR_IN_A_ROW"))
    yield from _ends("a game that player two won", two_won, lambda *end: end == (WON[1], "FOUR_IN_A_ROW"))
    yield from _ends("a full board", [*LIVE, *moves(TIE)], lambda *end: end == ("TIED", "BOARD_FULL"))


def _ends(where: str, before: list[Event], is_right: Callable[[str, str], bool]) -> Cases:
    for result, reason in product(RESULTS, REASONS):
        if not is_right(result, reason):
            yield f"{where} ends {result} by {reason}", before, finished(result, reason)


def after_the_end() -> Cases:
    """What cannot come once a game is over."""
    for how, over in {"resigned": [*LIVE, RESIGNED], "expired": [*OPEN, EXPIRED]}.items():
        yield f"a game opened after it was {how}", over, opened()
        yield f"a game started after it was {how}", over, started()
        yield f"a move after the game was {how}", over, move(ANN, "A")
        yield f"a resignation after the game was {how}", over, RESIGNED
        yield f"an expiry after the game was {how}", over, EXPIRED


def _log(
    name: str, events: list[Event], *, verified_at: int | None = None, last_step: int | None = None
) -> dict[str, Any]:
    recorded = [
        {"version": version, "type": type_, "data": data, "at": f"2026-11-23T08:00:{version:02}.000Z"}
        for version, (type_, data) in enumerate(events, start=1)
    ]
    steps = steps_of(recorded)
    steps[-1] = last_step or steps[-1]
    return {
        "name": name,
        "refused_at": len(events),
        "verification_refuses_at": verified_at or len(events),
        "steps": steps,
        "events": recorded,
    }


def text() -> str:
    """What the file holds: one log a line."""
    return "[\n" + ",\n".join(json.dumps(log) for log in logs()) + "\n]\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
