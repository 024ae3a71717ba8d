"""Requests with a wrong header, method or address: each with a name, each wrong for one reason of its own."""

from collections.abc import Iterator, Mapping

from tests.contract.request import IF_MATCH, JSON, MOVES, Request, good
from tests.contract.texts import words

TAGS = words(
    """* 4 W/"4" "3","4" "4","3" "" "-4" "+4" "4.0" "0x4" "4e0" '4' "4 4" "four" "99999999999999999999" null"""
)
NOT_TAGS = [*TAGS, '" 4"', '"4 "', '"4"; "4"', "\u0664", '"\u0664"', '"' + "4" * 500 + '"']
NOT_KEYS = ["", "x" * 1000, "caf\u00e9", "\u00ff", "a\tb"]
NOT_NUMBERS = ["", *words("-1 +1 1.0 1e1 x null true 0x1 %00 %D9%A1 1%20 1_0 2147483648 1&{}=2"), "9" * 40]
NOT_JSON = [
    "",
    *words("text/plain text/json application/xml application/x-www-form-urlencoded application/jsonp json"),
]
NOT_GAMES = [
    *words("%FF %ED%A0%80 ..%2F..%2Fetc%2Fpasswd a%20b %0A %E2%80%AE '-- %00 a%00b %7Bgame%7D {game}%0A"),
    *("x" * 65, "y" * 2000),
]
NOT_PROOFS = [
    *(
        "Bearer",
        "Bearer x",
        "Bearer x y",
        "Bearer null",
        "Basic QW5uOng=",
        "Digest x",
        "x",
        "Bearer \u00e9",
        "Bearer .",
    ),
    *("Bearer " + "x" * 3000, "Token abc", "Bearer,", "Bearer {}", 'Bearer ""', "Bearer eyJhbGciOiJub25lIn0.e30."),
]
NOT_COOKIES = ["x", "fourfold", "fourfold=", "fourfold=x", "fourfold=\u00e9", "=", ";;;", "fourfold=" + "x" * 3000]
WRONG_METHODS = {
    "/api/players": "GET PUT PATCH DELETE",
    "/api/me": "POST PUT DELETE",
    "/api/games": "PUT PATCH DELETE TRACE",
    "/api/games/{game}": "POST PUT PATCH DELETE",
    "/api/games/{game}/events": "POST PUT DELETE",
    "/api/games/{game}/join": "GET PUT DELETE",
    MOVES: "GET PUT PATCH DELETE",
    "/healthz": "POST",
    "/metrics": "POST",
    "/openapi.json": "PUT",
}
NOWHERE = words(
    "/api /api/nothing /api/games/{game}/moves/1 /API/games //api/games /api/games/{game}/board /.env /%00 "
    "/%0A /healthz%0A /api/me%0A /api/games%0A /api/games/{game}/events%0A /games/{game}%0A"
)
GAME_PATHS = {
    "/api/games/{game}": "GET",
    "/api/games/{game}/events": "GET",
    "/api/games/{game}/join": "POST",
    MOVES: "POST",
}
NUMBERS = {"/api/games/{game}": "version", "/api/games/{game}/events": "after", "/api/games": "limit"}


def bad_headers() -> Iterator[Request]:
    """Every request with a bad header."""
    yield _move("move without If-Match", {"If-Match": None})
    yield from (_move(f"If-Match {tag[:30]}", {"If-Match": tag}) for tag in NOT_TAGS)
    yield from (_move(f"Idempotency-Key {key[:9]!r}", {"Idempotency-Key": key}) for key in NOT_KEYS)
    yield from (_move(f"Authorization {proof[:30]}", {"Authorization": proof}) for proof in NOT_PROOFS)
    for cookie in NOT_COOKIES:
        yield _move(f"Cookie {cookie[:30]}", {"Authorization": None, "Cookie": cookie})
    for path in ("/api/players", "/api/games", MOVES):
        for kind in NOT_JSON:
            yield Request(f"{path} as {kind!r}", "POST", path, IF_MATCH | {"Content-Type": kind}, good(path))
    yield _move("a body that says it is compressed", {"Content-Encoding": "gzip"}, b"\x1f\x8b" + good(MOVES))


def bad_addresses() -> Iterator[Request]:
    """Every request to the wrong place, or in the wrong way."""
    for path, methods in WRONG_METHODS.items():
        yield from (Request(f"{method} {path}", method, path) for method in words(methods))
    yield from (Request(f"GET {path}", "GET", path) for path in NOWHERE)
    for path, method in GAME_PATHS.items():
        body, headers = (good(path), JSON | IF_MATCH) if method == "POST" else (b"", JSON)
        for game in NOT_GAMES:
            address = path.replace("{game}", game)
            yield Request(f"{method} {path} of {game[:30]}", method, address, headers, body)
    for path, key in NUMBERS.items():
        for number in NOT_NUMBERS:
            address = f"{path}?{key}={number.replace('{}', key)}"
            yield Request(f"{path}?{key}={number[:30]}", "GET", address)
    for query in words("status=all status= status=open%00 cursor=x cursor=-1 cursor=%00 a=b limit"):
        yield Request(f"lobby {query}", "GET", f"/api/games?{query}")
    yield Request("state with an unknown parameter", "GET", "/api/games/{game}?at=3")
    yield Request("events with an unknown parameter", "GET", "/api/games/{game}/events?before=3")


def _move(name: str, headers: Mapping[str, str | None], body: bytes = good(MOVES)) -> Request:
    return Request(name, "POST", MOVES, JSON | IF_MATCH | dict(headers), body)
