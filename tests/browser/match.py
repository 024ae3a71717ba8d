"""Two players without a page, for tests of those who only look on."""

from dataclasses import dataclass
from typing import Self

import httpx

DRAWN = "111111222222333333544444455555666666777777"
"""A whole game in notation that ends with a full board and no line."""


@dataclass(slots=True)
class Match:
    """A game that is played over HTTP: Ann has red, Bob has yellow."""

    url: str
    _api: str
    _tokens: tuple[str, str]
    _version: int

    @classmethod
    async def begin(cls, server_url: str, columns: str = "") -> Self:
        """Open a game, join it, and make these moves, given as letters or as digits."""
        async with httpx.AsyncClient(base_url=server_url) as http:
            ann, bob = [
                (await http.post("/api/players", json={"name": name})).json()["token"] for name in ("Ann", "Bob")
            ]
            opened = await http.post("/api/games", json={"color": "red"}, headers=_bearer(ann))
            game = opened.json()["id"]
            joined = await http.post(f"/api/games/{game}/join", headers=_bearer(bob))
            version = joined.json()["version"]
        match = cls(f"{server_url}/games/{game}", f"{server_url}/api/games/{game}", (ann, bob), version)
        await match.play(columns)
        return match

    async def play(self, columns: str) -> None:
        """Make the next moves, in turn."""
        async with httpx.AsyncClient() as http:
            for column in columns:
                red_moves = self._version % 2 == 0
                headers = {**_bearer(self._tokens[0 if red_moves else 1]), "If-Match": f'"{self._version}"'}
                letter = "ABCDEFG"[int(column) - 1] if column.isdecimal() else column
                moved = await http.post(f"{self._api}/moves", json={"column": letter}, headers=headers)
                assert moved.status_code == 201, moved.text
                self._version += 1

    async def log(self) -> str:
        """The events as lines of JSON, as the server tells them."""
        async with httpx.AsyncClient() as http:
            return (await http.get(f"{self._api}/events", headers={"Accept": "application/x-ndjson"})).text


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
