"""What counts as one client, as it comes from the proxy headers that uvicorn believes."""

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.transport.networks import THIS_MACHINE, UNKNOWN, networks_of, networks_of_address


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.1", ("192.0.2.1",)),
        ("2001:db8:1:2:3::4", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("2001:DB8:1:2:ffff::", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("fe80::1%eth0", ("fe80::/64", "fe80::/48")),
        ("fe80::1%eth1", ("fe80::/64", "fe80::/48")),
        ("::ffff:192.0.2.1", ("192.0.2.1",)),
        ("127.0.0.1", THIS_MACHINE),
        ("127.9.9.9", THIS_MACHINE),
        ("::1", THIS_MACHINE),
        ("::ffff:127.0.0.1", THIS_MACHINE),
        ("", UNKNOWN),
        ("unknown", UNKNOWN),
        ("_hidden", UNKNOWN),
        ("localhost", UNKNOWN),
        ("192.0.2.1/24", UNKNOWN),
        ("192.0.2.256", UNKNOWN),
        ("0x7f000001", UNKNOWN),
        ("127.1", UNKNOWN),
        ("fe80::1%" + "x" * 10_000, ("fe80::/64", "fe80::/48")),
    ],
)
def test_an_address_belongs_to_what_one_client_can_own(address: str, networks: tuple[str, ...]) -> None:
    assert networks_of_address(address) == networks


@pytest.mark.parametrize(
    ("forwarded_for", "networks"),
    [
        ("192.0.2.1", ("192.0.2.1",)),
        ("192.0.2.1:4711", ("192.0.2.1",)),
        ("[2001:db8::1]:4711", ("2001:db8::/64", "2001:db8::/48")),
        ("127.0.0.1, 192.0.2.1", ("192.0.2.1",)),
        ("garbage", UNKNOWN),
        ("unknown", UNKNOWN),
        ("<script>", UNKNOWN),
        ("x" * 5000, UNKNOWN),
        ("", UNKNOWN),
        (",", UNKNOWN),
        ("192.0.2.1,", UNKNOWN),
        ("127.0.0.1", UNKNOWN),
        ("::1", UNKNOWN),
        ("::ffff:127.0.0.1", UNKNOWN),
    ],
)
async def test_a_client_behind_a_proxy_is_never_taken_for_this_machine(
    forwarded_for: str, networks: tuple[str, ...]
) -> None:
    """This machine is exempt from limits, so whoever could pass for it would be too."""
    assert await _networks({"x-forwarded-for": forwarded_for}) == networks


@pytest.mark.parametrize("header", ["forwarded", "via", "x-real-ip"])
async def test_a_proxy_that_names_no_client_makes_nobody_this_machine(header: str) -> None:
    assert await _networks({header: "192.0.2.1"}) == UNKNOWN


async def test_what_this_machine_asks_for_itself_is_its_own() -> None:
    assert await _networks({"host": "localhost"}) == THIS_MACHINE


def test_a_connection_without_an_address_is_unknown() -> None:
    assert networks_of(HTTPConnection({"type": "http", "headers": [], "client": None})) == UNKNOWN


async def _networks(headers: dict[str, str]) -> tuple[str, ...]:
    """The networks of a request that a trusted proxy on this machine forwards with these headers."""
    found: list[tuple[str, ...]] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(networks_of(HTTPConnection(scope)))

    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "headers": encoded, "client": ("127.0.0.1", 1)}
    await ProxyHeadersMiddleware(app, "127.0.0.1")(scope, None, None)  # type: ignore[arg-type]
    return found[0]
