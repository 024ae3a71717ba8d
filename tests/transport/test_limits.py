"""How much one client may ask for, told by a clock that the test holds."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from server.transport.limits import AddressLimit, TokenBucket


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
