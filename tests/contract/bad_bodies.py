"""Requests with a body that is wrong: each with a name, each for one reason of its own."""

from collections.abc import Iterator, Sequence

from tests.contract.request import MOVES, Request, good, post
from tests.contract.texts import (
    EXTRA_KEYS,
    NAMES_WITHOUT_INK,
    NO_OBJECTS,
    NOT_CLOCKS,
    NOT_COLORS,
    NOT_COLUMNS,
    NOT_NAMES,
    NOT_PUBLIC,
    words,
)

PLAYERS, GAMES, JOIN = "/api/players", "/api/games", "/api/games/{game}/join"

NOT_UTF_8 = [b"\xff", b"\xed\xa0\x80", b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}', b'{"\xed\xa0\x80":1}']
OTHER_ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]


def bad_bodies() -> Iterator[Request]:
    """Every request with a bad body."""
    for path in (PLAYERS, GAMES, MOVES, JOIN):
        yield from _no_objects(path)
    for path in (PLAYERS, GAMES, MOVES):
        yield from _spoiled(path, good(path))
    yield from _values(MOVES, "column", NOT_COLUMNS)
    yield from _values(PLAYERS, "name", NOT_NAMES + NAMES_WITHOUT_INK)
    yield from _values(GAMES, "color", NOT_COLORS)
    yield from _values(GAMES, "public", NOT_PUBLIC)
    yield from _values(GAMES, "clock", NOT_CLOCKS)
    for text in words('{} {"Column":"D"} {"column":"D","version":4} {"columns":"D"} {"column":"D","column":"E"}'):
        yield post(f"move {text}", MOVES, text.encode())
    yield post("move without a body", MOVES, b"")
    yield post("join with a key it does not know", JOIN, b'{"seat":2}')


def _no_objects(path: str) -> Iterator[Request]:
    for number, body in enumerate([*(text.encode() for text in NO_OBJECTS), *NOT_UTF_8]):
        yield post(f"{path} no object {number} {body[:20]!r}", path, body)


def _spoiled(path: str, body: bytes) -> Iterator[Request]:
    for encoding in OTHER_ENCODINGS:
        yield post(f"{path} in {encoding}", path, body.decode().encode(encoding))
    for extra in EXTRA_KEYS:
        yield post(f"{path} with {extra}", path, body[:-1] + f",{extra}}}".encode())
    yield post(f"{path} repeated key", path, body[:-1] + b"," + body[1:])
    yield post(f"{path} in latin-1", path, body[:-1] + b',"\xe9":1}')
    yield post(f"{path} nested deeply", path, body[:-1] + b',"x":' + b"[" * 900 + b"]" * 900 + b"}")
    yield post(f"{path} oversize", path, body.ljust(5000))
    yield post(f"{path} far oversize", path, body.ljust(2_000_000))


def _values(path: str, key: str, texts: Sequence[str]) -> Iterator[Request]:
    for number, text in enumerate(texts):
        yield post(f"{path} with {key} {number} {text[:20]}", path, f'{{"{key}":{text}}}'.encode())
