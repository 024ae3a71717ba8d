"""The hosts of a database URL, and how to find the one that answers.

A URL may name several hosts, of which one is the primary: `postgresql://u@a,b/db?target_session_attrs=read-write`.
asyncpg tries them one after the other under one time limit, so a first host that swallows packets uses it up and
the second is never tried. Here each host has a time limit of its own, and the next one is tried as soon as its
predecessor failed or kept silent for a moment, as RFC 8305 ("Happy Eyeballs") does for the addresses of one host.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from server.database.errors import CONNECTION_LOST, NotPrimaryError

NEXT_HOST_AFTER_S: Final = 0.25
"""How long a host may keep silent before the next one is tried beside it."""

_HOST: Final = re.compile(r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<name>[^:]*))(?::(?P<port>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Host:
    """A name, an address or the directory of a Unix socket; what is None is left to the environment."""

    name: str | None = None
    port: int | None = None


class Closable(Protocol):
    """What an attempt opens, and can be closed at once."""

    def terminate(self) -> None:
        """Close it without waiting for the peer."""


Opened = TypeVar("Opened", bound=Closable)


def hosts_of(url: str) -> list[Host]:
    """Return the hosts that a URL names, in its order, at least one.

    They are read as asyncpg reads them: from the authority, else from `host` and `port` of the query.

    Raises:
        ValueError: a port is not a number, or there are several and not one for each host.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    authority = parts.netloc.partition("@")[2] if "@" in parts.netloc else parts.netloc
    named = unquote(authority) or query.get("host", [""])[-1]
    if not named:
        return [Host()]
    hosts = [_host(host) for host in named.split(",")]
    ports = query.get("port", [""])[-1]
    return hosts if authority or not ports else _with_ports(hosts, ports.split(","))


async def first_to_answer(
    attempts: Sequence[Callable[[], Coroutine[Any, Any, Opened]]], *, next_after_s: float = NEXT_HOST_AFTER_S
) -> Opened:
    """Return what the first attempt that succeeds has opened; the others are given up and closed.

    An attempt begins when one before it failed, or when none has succeeded for another `next_after_s`.

    Raises:
        One of `CONNECTION_LOST`: all attempts failed; this is what a host answered, if one did.
        Exception: an attempt failed for a reason that another host does not cure, such as a wrong password.
    """
    ahead = deque(attempts)
    tasks: list[asyncio.Task[Opened]] = []
    try:
        while True:
            if ahead:
                tasks.append(asyncio.create_task(ahead.popleft()()))
            running = [task for task in tasks if not task.done()]
            done, _ = await asyncio.wait(
                running, timeout=next_after_s if ahead else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    tasks.remove(task)
                    return task.result()
                if not isinstance(error, CONNECTION_LOST):
                    raise error
            if not ahead and all(task.done() for task in tasks):
                raise _most_telling([task.exception() for task in tasks])
    finally:
        await _give_up(tasks)


def _most_telling(errors: list[BaseException | None]) -> BaseException:
    """Return what a host answered rather than that one could not be reached."""
    failures = [error for error in errors if error is not None]
    return next((error for error in failures if _is_answer(error)), failures[-1])


def _is_answer(error: BaseException) -> bool:
    return isinstance(error, NotPrimaryError) or not isinstance(error, OSError)


async def _give_up(tasks: list[asyncio.Task[Opened]]) -> None:
    for task in tasks:
        task.cancel()
    for opened in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(opened, BaseException):
            opened.terminate()


def _host(text: str) -> Host:
    if text.startswith("/"):
        return Host(text)
    found = _HOST.fullmatch(text)
    if found is None:
        raise _not_understood()
    return Host(found["ipv6"] or found["name"], int(found["port"]) if found["port"] else None)


def _with_ports(hosts: list[Host], ports: list[str]) -> list[Host]:
    if len(ports) not in {1, len(hosts)} or not all(port.isdecimal() for port in ports):
        raise _not_understood()
    return [Host(host.name, int(ports[place % len(ports)])) for place, host in enumerate(hosts)]


def _not_understood() -> ValueError:
    # Without the text: where a password was not quoted, a part of it may stand where a host is expected.
    return ValueError(
        "the hosts of the database URL can't be understood: expected are host, host:port, [IPv6]:port, with commas "
        "between several, and a password in which / ? # @ and : are written as %2F %3F %23 %40 and %3A"
    )
