"""The link to a new game, which people send to each other: it leads to this site, whoever made the request."""

import pytest

from tests.transport.http.application import application

ORIGINS = "https://play.example,https://also.example:8443"


@pytest.mark.parametrize("host", ["evil.example", "play.example.evil.example", "not a host", "", "evil.example:80"])
async def test_a_link_never_repeats_a_forged_host_where_origins_are_configured(
    database_url: str, host: str
) -> None:
    assert await _origin_of_link(database_url, ORIGINS, host) == "https://play.example"


async def test_a_link_begins_with_the_configured_origin_that_was_asked(database_url: str) -> None:
    assert await _origin_of_link(database_url, "http://play.example,http://also.example:1", "also.example:1") == (
        "http://also.example:1"
    )


async def test_without_configured_origins_a_link_begins_with_the_address_that_was_asked(database_url: str) -> None:
    assert await _origin_of_link(database_url, "", "somewhere.example:8000") == "http://somewhere.example:8000"


async def _origin_of_link(database_url: str, origins: str, host: str) -> str:
    async with application(database_url, origins=origins) as http:
        token = (await http.post("/api/players")).json()["token"]
        headers = {"Authorization": f"Bearer {token}", "Host": host}
        opened = (await http.post("/api/games", headers=headers)).json()
    origin, _, path = opened["url"].partition("/games/")
    assert path == opened["id"]
    return str(origin)
