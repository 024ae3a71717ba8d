"""A host that swallows packets keeps nobody from the one that answers."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from inspect import signature
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args  # type: ignore[attr-defined]

from server.database.errors import NotPrimaryError
from server.database.hosts import Host, first_to_answer, hosts_of
from server.database.migrations import status
from server.database.pool import Pool
from server.database.sessions import connect, connect_as_owner

URLS = {
    "postgresql://u@a/db": [Host("a")],
    "postgresql://a:1/db": [Host("a", 1)],
    "postgresql://u:p%40ss@a:1,b:2/db": [Host("a", 1), Host("b", 2)],
    "postgresql://u@a,b:2/db?target_session_attrs=read-write": [Host("a"), Host("b", 2)],
    "postgresql://u@[::1]:1,[fe80::1]/db": [Host("::1", 1), Host("fe80::1")],
    "postgresql://u@/db?host=/run/a,/run/b": [Host("/run/a"), Host("/run/b")],
    "postgresql://u@/db?host=/run/a,b&port=1,2": [Host("/run/a", 1), Host("b", 2)],
    "postgresql://u@/db?host=a,b&port=7": [Host("a", 7), Host("b", 7)],
    "postgresql:///db": [Host()],
}


@pytest.mark.parametrize(("url", "hosts"), URLS.items(), ids=URLS)
def test_the_hosts_of_a_url_are_those_that_asyncpg_reads(
    url: str, hosts: list[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """We name each host to asyncpg ourselves, so both have to read the URL alike."""
    for variable in ("PGHOST", "PGPORT"):
        monkeypatch.delenv(variable, raising=False)
    assert hosts_of(url) == hosts
    assert [address for host in hosts for address in addresses(url, host)] == addresses(url, Host())


def addresses(url: str, host: Host) -> list[object]:
    """Where asyncpg would connect to."""
    unsaid = dict.fromkeys(set(signature(_parse_connect_dsn_and_args).parameters) - {"dsn", "host", "port"})
    found, _ = _parse_connect_dsn_and_args(dsn=url, host=host.name, port=host.port, **unsaid)
    return list(found)


@pytest.mark.parametrize(
    "url",
    ["postgresql://u@a:b/db", "postgresql://u@/db?host=a,b&port=1,2,3", "postgresql://u@/db?host=a,b&port=x,1"],
)
def test_hosts_that_can_not_be_understood_are_refused(url: str) -> None:
    """And not repeated: a part of the password may have been taken for a host."""
    with pytest.raises(ValueError, match="can't be understood") as refusal:
        hosts_of(url)
    assert "secret" not in str(refusal.value)


Attempt = Callable[[], Coroutine[Any, Any, "Opened"]]


@dataclass
class Opened:
    """What an attempt opens."""

    name: str
    is_terminated: bool = False

    def terminate(self) -> None:
        self.is_terminated = True


@dataclass
class Hosts:
    """Hosts that answer as a test asks them to; `tried` are those that were asked, in order."""

    tried: list[str] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)

    def up(self, name: str) -> Attempt:
        async def attempt() -> Opened:
            self.tried.append(name)
            self.opened.append(Opened(name))
            return self.opened[-1]

        return attempt

    def down(self, name: str, error: Exception) -> Attempt:
        async def attempt() -> Opened:
            self.tried.append(name)
            raise error

        return attempt

    def silent(self, name: str) -> Attempt:
        async def attempt() -> Opened:
            self.tried.append(name)
            await asyncio.Event().wait()
            raise AssertionError

        return attempt

    def stubborn(self, name: str) -> Attempt:
        """One that opens at the very moment when it is given up."""

        async def attempt() -> Opened:
            self.tried.append(name)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.opened.append(Opened(name))
            return self.opened[-1]

        return attempt


async def test_the_first_host_that_answers_is_taken_and_no_other_is_tried() -> None:
    hosts = Hosts()
    assert (await first_to_answer([hosts.up("a"), hosts.up("b")])).name == "a"
    assert hosts.tried == ["a"]


async def test_a_host_that_fails_is_followed_by_the_next_at_once() -> None:
    hosts = Hosts()
    opened = await first_to_answer([hosts.down("a", OSError()), hosts.up("b")], next_after_s=3600)
    assert opened.name == "b"


async def test_a_silent_host_does_not_keep_the_next_from_being_tried() -> None:
    hosts = Hosts()
    opened = await first_to_answer([hosts.silent("a"), hosts.silent("b"), hosts.up("c")], next_after_s=0.01)
    assert opened.name == "c"
    assert hosts.tried == ["a", "b", "c"]


async def test_what_opens_too_late_is_closed() -> None:
    hosts = Hosts()
    assert (await first_to_answer([hosts.stubborn("a"), hosts.up("b")], next_after_s=0.01)).name == "b"
    assert {opened.name: opened.is_terminated for opened in hosts.opened} == {"a": True, "b": False}


async def test_giving_up_closes_what_opens_meanwhile() -> None:
    hosts = Hosts()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await first_to_answer([hosts.stubborn("a"), hosts.silent("b")], next_after_s=0.01)
    assert [opened.is_terminated for opened in hosts.opened] == [True]


async def test_if_all_hosts_fail_what_one_answered_is_told_before_who_was_silent() -> None:
    hosts = Hosts()
    with pytest.raises(OSError, match="second"):
        await first_to_answer([hosts.down("a", OSError("first")), hosts.down("b", OSError("second"))])
    with pytest.raises(NotPrimaryError):
        await first_to_answer([hosts.down("a", NotPrimaryError()), hosts.down("b", TimeoutError())])


async def test_a_wrong_password_is_told_at_once() -> None:
    """The other hosts are of the same cluster: trying them would only hide what is wrong."""
    hosts = Hosts()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await first_to_answer([hosts.down("a", asyncpg.InvalidPasswordError()), hosts.up("b")])
    assert hosts.tried == ["a"]


@pytest.fixture
def black_hole() -> Iterator[int]:
    """The port of a host that lets clients connect and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def failed_over(database_url: str, black_hole: int) -> str:
    """The address of the database with a first host that is a black hole."""
    parts = urlsplit(database_url)
    query = parse_qs(parts.query)
    host = query["host"][0] if "host" in query else parts.hostname
    port = query["port"][0] if "port" in query else parts.port or 5432
    user = parts.netloc.rpartition("@")[0]
    both = f"host=127.0.0.1,{host}&port={black_hole},{port}&sslmode=disable&target_session_attrs=read-write"
    return f"postgresql://{user}@{parts.path}?{both}"


async def test_every_session_finds_its_way_past_a_black_hole(failed_over: str) -> None:
    """Asked for with the time limit of the server's own sessions, which one host alone would use up."""
    async with asyncio.timeout(30):
        session = await connect(failed_over, host_time_limit_s=1.0)
        assert await session.fetchval("SELECT 1") == 1
        await session.close()
        owner = await connect_as_owner(failed_over, name="test", host_time_limit_s=1.0)
        await owner.close()
        assert not (await status(failed_over)).pending
        async with Pool(failed_over) as pool:
            assert await pool.fetch("SELECT 1")


async def test_a_server_that_does_not_match_the_attributes_is_passed_over(failed_over: str) -> None:
    with pytest.raises(NotPrimaryError):
        await connect(failed_over.replace("read-write", "standby"), host_time_limit_s=0.5)
