"""How much one client may ask for, by a clock that the test holds."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from server.transport.limits import SITE_ALLOWANCE, AddressLimit, KeyedLimit, NetworkShare, TokenBucket
from server.transport.networks import THIS_MACHINE, networks_of_address


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(per_s=2, burst=3, clock=clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]


def test_quiet_time_fills_the_bucket_no_higher_than_the_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(per_s=2, burst=3, clock=clock)
    clock.now += 3600
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def from_address(host: str) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": [], "client": (host, 1)})


def test_addresses_are_limited_apart() -> None:
    limit = AddressLimit(per_s=0, burst=1)
    assert limit.take(from_address("192.0.2.1"))
    assert not limit.take(from_address("192.0.2.1"))
    assert limit.take(from_address("192.0.2.2"))


def test_an_ipv6_network_counts_as_one_client() -> None:
    """Whoever has one address of a /64 has all of them."""
    limit = AddressLimit(per_s=0, burst=1)
    assert limit.take(from_address("2001:db8::1"))
    assert not limit.take(from_address("2001:db8::2"))
    assert limit.take(from_address("2001:db8:0:1::1"))


def test_ipv4_clients_of_a_dual_socket_count_apart() -> None:
    """On a socket that takes both, an IPv4 client comes as ::ffff:a.b.c.d; all of those share one /64."""
    limit = AddressLimit(per_s=0, burst=1)
    assert limit.take(from_address("::ffff:192.0.2.1"))
    assert limit.take(from_address("::ffff:192.0.2.2"))
    assert not limit.take(from_address("::ffff:192.0.2.1"))
    assert all(limit.take(from_address("::ffff:127.0.0.1")) for _ in range(10))


def test_this_machine_is_not_limited() -> None:
    limit = AddressLimit(per_s=0, burst=1)
    assert all(limit.take(from_address("127.0.0.1")) for _ in range(10))
    assert all(limit.take(from_address("::1")) for _ in range(10))


def test_the_networks_of_one_site_share_a_larger_limit() -> None:
    """Whoever has a /48, as many an office and some homes do, has 65,536 networks: they are not as many clients."""
    limit = AddressLimit(per_s=0, burst=1)
    taken = [limit.take(from_address(f"2001:db8:0:{number:x}::1")) for number in range(300)]
    assert taken == [True] * SITE_ALLOWANCE + [False] * (300 - SITE_ALLOWANCE)
    assert limit.take(from_address("2001:db8:1::1"))


def test_a_network_that_is_refused_costs_its_site_nothing() -> None:
    limit = AddressLimit(per_s=0, burst=1)
    assert limit.take(from_address("2001:db8::1"))
    assert not any(limit.take(from_address("2001:db8::1")) for _ in range(10 * SITE_ALLOWANCE))
    assert limit.take(from_address("2001:db8:0:1::1"))


def test_a_network_pays_nothing_while_its_site_is_exhausted() -> None:
    clock = Clock()
    limit = AddressLimit(per_s=1 / SITE_ALLOWANCE, burst=1, clock=clock)
    for number in range(SITE_ALLOWANCE):
        assert limit.take(from_address(f"2001:db8:0:{number:x}::1"))
    assert not any(limit.take(from_address("2001:db8:0:ffff::1")) for _ in range(10))
    clock.now += 1
    assert limit.take(from_address("2001:db8:0:ffff::1"))


def test_those_whose_address_nobody_knows_share_one_limit() -> None:
    limit = AddressLimit(per_s=0, burst=1)
    assert limit.take(from_address("garbage"))
    assert not limit.take(from_address("other garbage"))


def test_a_limit_remembers_those_who_asked_last() -> None:
    """Keys come from outside, so their number is bounded; a client who is limited now stays limited."""
    limit = KeyedLimit(per_s=0, burst=1)
    assert limit.take("ann")
    for number in range(9_000):
        limit.take(f"early {number}")
        assert not limit.take("ann")
    for number in range(9_000):
        limit.take(f"late {number}")
        assert not limit.take("ann")
    assert limit.take("early 0")


def test_a_network_holds_so_much_and_no_more_until_it_gives_one_back() -> None:
    share = NetworkShare(2)
    networks = networks_of_address("192.0.2.1")
    assert [share.enter(networks) for _ in range(3)] == [True, True, False]
    assert share.enter(networks_of_address("192.0.2.2"))
    share.leave(networks)
    assert [share.enter(networks) for _ in range(2)] == [True, False]


def test_the_networks_of_one_site_hold_a_larger_share() -> None:
    share = NetworkShare(1)
    networks = [networks_of_address(f"2001:db8:0:{number:x}::1") for number in range(300)]
    assert [share.enter(each) for each in networks] == [True] * SITE_ALLOWANCE + [False] * (300 - SITE_ALLOWANCE)
    share.leave(networks[0])
    assert [share.enter(networks[0]), share.enter(networks[-1])] == [True, False]


def test_this_machine_holds_as_much_as_it_likes() -> None:
    share = NetworkShare(1)
    assert all(share.enter(THIS_MACHINE) for _ in range(10))
