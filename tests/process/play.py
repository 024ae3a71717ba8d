"""A whole game over HTTP, for tests that need something to be in the log."""

import json
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seat:
    """A player's token at one server."""

    url: str
    token: str


def seat(url: str, name: str) -> Seat:
    return Seat(url, call("POST", f"{url}/api/players", {"name": name})["token"])


def open_game(one: Seat, two: Seat) -> tuple[str, int]:
    """Let two players start a game; return its id and version."""
    game = call("POST", f"{one.url}/api/games", {"color": "red"}, one.token)["id"]
    return game, call("POST", f"{two.url}/api/games/{game}/join", {}, two.token)["version"]


def move(by: Seat, game: str, version: int, column: str) -> int:
    headers = {"If-Match": f'"{version}"', "Idempotency-Key": str(uuid.uuid4())}
    return int(call("POST", f"{by.url}/api/games/{game}/moves", {"column": column}, by.token, headers)["version"])


def play(url: str, columns: str = "ABABABA") -> str:
    """Play a game between Ann (red) and Bob and return its id."""
    ann, bob = seat(url, "Ann"), seat(url, "Bob")
    game, version = open_game(ann, bob)
    for number, column in enumerate(columns):
        version = move((ann, bob)[number % 2], game, version, column)
    return game


def version_of(url: str, game: str) -> int:
    return int(call("GET", f"{url}/api/games/{game}")["version"])


def call(method: str, url: str, body: Any = None, token: str = "", headers: dict[str, str] | None = None) -> Any:
    """Ask for something and return the JSON that came."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
