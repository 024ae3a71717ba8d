"""Frames that no server of this protocol may act on: each with a name, each wrong for one reason of its own.

`GAME` stands for a game in which the sender is to move at version `VERSION`: were the one mistake overlooked, the
game would go on and the log would show it.
"""

import json
from collections.abc import Iterator, Sequence

from tests.contract.texts import EXTRA_KEYS, NO_OBJECTS, NOT_COLUMNS, NOT_STRINGS, NOT_VERSIONS, words

GAME = "@game@"
VERSION = 4
ID = "7b9a3c1e-52d4-4f7b-9a51-0c6b5d3e8f10"

MOVE = f'{{"type":"make_move","id":"{ID}","game":"{GAME}","expected_version":{VERSION},"column":"D"}}'
RESIGN = f'{{"type":"resign","id":"{ID}","game":"{GAME}","expected_version":{VERSION}}}'
WATCH = f'{{"type":"watch","game":"{GAME}","after":0}}'
UNWATCH = f'{{"type":"unwatch","game":"{GAME}"}}'

NOT_IDS = [
    *NOT_STRINGS,
    *words(
        rf'"" "1" "{ID[:-1]}" "{ID}0" "{ID}\n" "{{{ID}}}" "urn:uuid:{ID}" "{ID[:-1]}g" "{ID[:-1]}\u0661" "\ud800"'
    ),
    *(f'" {ID}"', f'"{ID.replace("-", "_")}"', f'"{ID[:-1]}\\u0000"'),
]
NOT_GAMES = [
    *NOT_STRINGS,
    *words(
        rf'"" "\u0000" "{GAME}\u0000" "\ud800" "../etc/passwd" "\u202e" "{"x" * 65}" "{"x" * 3000}" "\';--" "a\nb"'
    ),
    *('"a b"', f'"{GAME}\\n"'),
]
NOT_TYPES = [
    *NOT_STRINGS,
    *words('"" "MAKE_MOVE" "make-move" "MakeMove" "move" "join" "welcome" "events" "accepted" "__class__"'),
    *words(r'"make_move\u0000" "\ud83d" "offer_draw\n"'),
    '"make_move "',
]
NO_MESSAGES = [
    *NO_OBJECTS,
    *("", "{}", "\ufeff" + MOVE, MOVE + "\x00", MOVE[:-1], MOVE + "}", MOVE + MOVE, f"{MOVE}\n{MOVE}", MOVE + ","),
    *(f"[{MOVE}]", json.dumps(MOVE), MOVE.replace('"', "'"), MOVE.replace(":", "="), f"// go\n{MOVE}", MOVE[1:]),
    *(MOVE.replace(",", ",,", 1), MOVE.replace("{", "{,", 1), f"<move>{MOVE}</move>", f"{MOVE[:-1]},}}"),
]
BINARY = (MOVE.encode(), WATCH.encode(), b"", b"\x00", b"\xff\xfe", b"\x81\xa1a\x01")


def bad_frames() -> Iterator[tuple[str, str | bytes]]:
    """Every frame with its name."""
    yield from _replaced("column", '"D"', NOT_COLUMNS, MOVE)
    for frame in (MOVE, RESIGN):
        yield from _replaced("expected_version", str(VERSION), NOT_VERSIONS, frame)
        yield from _replaced("id", f'"{ID}"', NOT_IDS, frame)
    yield from _replaced("after", "0", NOT_VERSIONS, WATCH)
    for frame in (MOVE, WATCH, UNWATCH):
        yield from _replaced("game", f'"{GAME}"', NOT_GAMES, frame)
    yield from _replaced("type", '"make_move"', NOT_TYPES, MOVE)
    for frame in (MOVE, RESIGN, WATCH, UNWATCH):
        yield from _with_wrong_keys(frame)
    yield from ((f"no message {number} {text[:20]!r}", text) for number, text in enumerate(NO_MESSAGES))
    yield from ((f"binary {frame[:20]!r}", frame) for frame in BINARY)


def _replaced(key: str, value: str, others: Sequence[str], frame: str) -> Iterator[tuple[str, str]]:
    kind = json.loads(frame)["type"]
    for number, other in enumerate(others):
        wrong = frame.replace(f'"{key}":{value}', f'"{key}":{other}')
        yield f"{kind} with {key} {number} {other[:20]}", wrong


def _with_wrong_keys(frame: str) -> Iterator[tuple[str, str]]:
    message = json.loads(frame)
    name = message["type"]
    for key, value in message.items():
        if key != "after":
            without = {other: message[other] for other in message if other != key}
            yield f"{name} without {key}", json.dumps(without)
        twice, written = json.dumps(key), f'"\\u{ord(key[0]):04x}{key[1:]}"'
        yield f"{name} with {key} twice", f"{{{twice}:{json.dumps(value)},{frame[1:]}"
        yield f"{name} with {key} twice, once in disguise", f"{{{written}:{json.dumps(value)},{frame[1:]}"
        yield f"{name} with {key} in capitals", frame.replace(f'"{key}":', f'"{key.upper()}":')
    yield from ((f"{name} with {extra}", f"{frame[:-1]},{extra}}}") for extra in EXTRA_KEYS)
    yield f"{name} with an extra key of depth", f'{frame[:-1]},"extra":{"[" * 1000 + "]" * 1000}}}'
