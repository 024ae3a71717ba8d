"""Which pages may act for a player: exactly those listed, or those of this very site."""

import pytest
from starlette.requests import HTTPConnection

from server.transport.origins import Origins


def coming(host: str, origin: str | None, site: str | None = None) -> HTTPConnection:
    headers = [(b"host", host.encode())]
    headers += [(b"origin", origin.encode())] if origin is not None else []
    headers += [(b"sec-fetch-site", site.encode())] if site is not None else []
    scope = {"type": "http", "scheme": "http", "path": "/", "query_string": b"", "headers": headers}
    return HTTPConnection(scope | {"server": ("127.0.0.1", 80)})


@pytest.mark.parametrize(
    ("origin", "site", "admitted"),
    [
        ("http://play.example:8000", "same-origin", True),
        ("http://play.example:8000", None, True),
        ("http://play.example", None, False),
        ("https://play.example:8000", None, False),
        ("http://evil.example:8000", None, False),
        ("null", None, False),
        (None, None, True),
        (None, "none", True),
        (None, "cross-site", False),
        ("http://play.example:8000", "cross-site", False),
    ],
)
def test_without_a_list_a_page_of_this_site_may(origin: str | None, site: str | None, admitted: bool) -> None:
    assert Origins().admit(coming("play.example:8000", origin, site)) is admitted


@pytest.mark.parametrize(
    ("host", "origin", "admitted"),
    [
        ("play.example", "https://play.example", True),
        ("inner.example:8000", "https://play.example", True),
        ("rebound.example", "http://rebound.example", False),
        ("play.example", "https://play.example.evil.example", False),
        ("play.example", "https://PLAY.example", False),
    ],
)
def test_with_a_list_only_what_it_names_letter_by_letter(host: str, origin: str, admitted: bool) -> None:
    """The name that the request came to does not count then, so a name that was rebound gains nothing."""
    assert Origins(("https://play.example",)).admit(coming(host, origin)) is admitted
