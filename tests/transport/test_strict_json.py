"""JSON is read strictly and fast: what is accepted, and with what meaning, is what a slow second reader says."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.transport.http.requests import NewGame, NewPlayer
from server.transport.strict_json import BadMessageError, decode_strictly
from server.transport.websocket.messages import ClientMessage
from tests.contract.texts import words

GAME = "k3yp9xqa2mbd"
MOVE = {
    "type": "make_move",
    "id": "6f1c3f0e-9a7f-4c53-9dc9-0f6a3f1f7a11",
    "game": GAME,
    "expected_version": 12,
    "column": "D",
}
FRAMES: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ClientMessage)
PLAYERS: msgspec.json.Decoder[Any] = msgspec.json.Decoder(NewPlayer)
GAMES: msgspec.json.Decoder[Any] = msgspec.json.Decoder(NewGame)
GOOD: list[tuple[dict[str, object], msgspec.json.Decoder[Any]]] = [
    (MOVE, FRAMES),
    ({"type": "watch", "game": GAME, "after": 3}, FRAMES),
    ({"type": "unwatch", "game": "after"}, FRAMES),
    ({"name": 'Ann "D:" \\ Jos\u00e9 \U0001f98a'}, PLAYERS),
    ({"name": "name"}, PLAYERS),
    ({"clock": {"initial_s": 180, "increment_s": 2}, "color": "red", "public": True}, GAMES),
]


def read_slowly(text: str, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The second reader: Python's JSON parser, with every ambiguity refused in plain steps.

    Raises:
        ValueError: the text is refused.
    """
    text.encode()  # lone surrogates, written as they are
    parsed = json.loads(text, object_pairs_hook=_object, parse_constant=_refused, parse_float=_float)
    json.dumps(parsed, ensure_ascii=False).encode()  # lone surrogates that were escaped
    return msgspec.convert(parsed, decoder.type, strict=True)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("repeated key")
    return dict(pairs)


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _float(text: str) -> float:
    if abs(float(text)) == float("inf"):
        raise ValueError("not finite")
    return float(text)


def outcome(read: Any, text: str, decoder: msgspec.json.Decoder[Any]) -> Any:
    """What a reader makes of a text; None if it refuses it."""
    try:
        return read(text, decoder)
    except (ValueError, RecursionError):
        return None


@st.composite
def escaped(draw: st.DrawFn, text: str) -> str:
    """A string as JSON may write it: each character as itself or as its number."""
    written = ""
    for character in text:
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        as_number = json.dumps(character)[1:-1] if ord(character) > 0xFFFF else f"\\u{ord(character):04x}"
        written += draw(st.sampled_from([plain] * 8 + [as_number]))
    return f'"{written}"'


KEYS = sorted({key for message, _ in GOOD for key in message} | {"initial_s", "increment_s", "name:", "extra", ""})
STRINGS = [*map(str, MOVE.values()), *KEYS, *words(r'watch red D: " ":" \ ,'), "\n", "\ud800"]
RAW = words("0 -0 12 180 1.0 1e2 1e999 NaN -Infinity true null 01 99999999999999999999 [] [[[1]]] {} ''")


@st.composite
def values(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return draw(escaped(draw(st.sampled_from(STRINGS))))
    return draw(st.sampled_from(RAW))


CHANGES = ["again", "disguised", "other key", "other value", "gone", "nested", "written"]
spaces = st.sampled_from(["", "", "", " ", "\n\t", "\r"])


@st.composite
def objects(draw: st.DrawFn, depth: int = 1) -> tuple[str, msgspec.json.Decoder[Any]]:
    """A message, some of its members repeated, missing, unknown or something else, and the decoder for its kind."""
    message, decoder = draw(st.sampled_from(GOOD))
    members = [(json.dumps(key), json.dumps(value, ensure_ascii=False)) for key, value in message.items()]
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        place = draw(st.integers(0, len(members)))
        key, value = draw(st.sampled_from(members)) if members else ('"type"', '"watch"')
        match draw(st.sampled_from(CHANGES)):
            case "again":
                members.insert(place, (key, value))
            case "disguised":
                members.insert(place, (draw(escaped(json.loads(key))), value))
            case "written":
                members = [(draw(escaped(json.loads(key))), value) for key, value in members]
            case "other key":
                members.insert(place, (draw(escaped(draw(st.sampled_from(KEYS)))), value))
            case "other value":
                members = [(other, draw(values()) if other == key else old) for other, old in members]
            case "gone":
                members = [member for member in members if member[0] != key]
            case _ if depth:
                members.insert(place, (key, draw(objects(depth=0))[0]))
    parts = (f"{draw(spaces)}{key}{draw(spaces)}:{draw(spaces)}{value}" for key, value in members)
    return "{" + f"{draw(spaces)},".join(parts) + draw(spaces) + "}", decoder


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, msgspec.json.Decoder[Any]]:
    """A message after a few changes that look at nothing: characters and pieces inserted, removed, repeated."""
    text, decoder = draw(objects())
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.integers(begin, min(begin + 12, len(text))))
        pieces = [*'{}[]",:\\0e.- \x00\x0b\xa0\ud800\ufeff', '\\"', '":', "\\u0022", text[begin:end] * 2]
        text = text[:begin] + draw(st.sampled_from(pieces)) + text[end:]
    return text, decoder


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_=objects() | spoiled())
def test_what_is_accepted_and_what_it_means_is_what_a_slow_reader_says(
    given_: tuple[str, msgspec.json.Decoder[Any]],
) -> None:
    """A short cut that lets one ambiguous text through is a hole in every check behind it."""
    assert outcome(decode_strictly, *given_) == outcome(read_slowly, *given_)


@pytest.mark.parametrize("raw", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"])
def test_bytes_that_are_no_utf_8_are_refused(raw: bytes) -> None:
    for text in (b'{"name":"' + raw + b'"}', b'{"' + raw + b'":1}', raw, b'{"name":"Ann"}' + raw):
        with pytest.raises(BadMessageError):
            decode_strictly(text, PLAYERS)


WRITERS = {
    "JSON.stringify": lambda message: json.dumps(message, separators=(",", ":"), ensure_ascii=False),
    "json.dumps": json.dumps,
    "indented": lambda message: json.dumps(message, indent=2),
    "another order": lambda message: json.dumps(dict(reversed(message.items()))),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=list(WRITERS))
def test_every_usual_way_of_writing_is_understood_without_a_second_reading(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, Python programs and our load generator write the same message in three ways: none may be slow."""
    monkeypatch.setattr("server.transport.strict_json._repeated_keys", None)
    for message, decoder in (GOOD[0], GOOD[1], GOOD[5]):
        assert decode_strictly(write(message), decoder) == decoder.decode(json.dumps(message))


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"unwatch","game":"a","game":"b"}',
        '{"type":"unwatch","game":"a","game":"a"}',
        '{"type":"unwatch","game":"a","\\u0067ame":"b"}',
        '{"type":"unwatch","type":"unwatch","game":"a"}',
        '{"type":"watch","game":"a","after":0,"after":1}',
    ],
)
def test_a_repeated_key_is_named_as_what_is_wrong(text: str) -> None:
    with pytest.raises(BadMessageError, match="twice"):
        decode_strictly(text, FRAMES)


@pytest.mark.parametrize("game", ["abc\\n", "\\nabc", "abc\\r", "abc\\u2028", "abc\\u0000"])
def test_a_game_id_ends_where_its_last_letter_ends(game: str) -> None:
    """Python's `$` matches before a last line break: such an id would be another one in every log and key."""
    with pytest.raises(BadMessageError):
        decode_strictly(f'{{"type":"unwatch","game":"{game}"}}', FRAMES)
