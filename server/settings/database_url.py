"""The address of a PostgreSQL: which texts are understood as one, and how one is shown without its secrets.

A character that should have been percent-encoded makes an address mean something else: in `u:pa?ss@h` the driver
would take `u` for the host, and a message about it would contain a part of the password. So the grammar is strict,
and what it accepts means the same to the driver and to `masked`.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

EXPECTED: Final = (
    "an address like postgresql://user:password@host:5432/name (in user and password write %40 for @, %3A for :, "
    "%2F for /, %3F for ?, %23 for # and %25 for %)"
)

_MAX_PORT: Final = 65_535
_ENCODED: Final = "%(?!00)[0-9A-Fa-f]{2}"
_TEXT: Final = rf"(?:[\w.~!$&'()*+,;=^\"<>{{}}|\\`-]|{_ENCODED})"
_ADDRESS: Final = re.compile(
    "(?P<scheme>(?i:postgres(?:ql)?))://"
    rf"(?:(?P<user>{_TEXT}*)(?::(?P<password>(?:{_TEXT}|:)*))?@)?"
    rf"(?P<hosts>(?:[\w.:,\[\]-]|{_ENCODED})*)"
    rf"(?:/(?P<database>(?:{_TEXT}|:)*))?"
    rf"(?:\?(?P<parameters>(?:{_TEXT}|[:/?\[\]])*))?"  # with an @ it would be the rest of a password
)
_HOST: Final = re.compile(rf"(?:\[(?P<ipv6>[^\]]*)\]|(?:[\w.-]|{_ENCODED})+)(?::(?P<port>[0-9]+))?")


def database_url(text: str) -> str | None:
    """Read a PostgreSQL address, of one host or of several; an empty text is none.

    Its parameters are the driver's business, except for those that the driver does not check itself.

    Raises:
        ValueError: it isn't such an address.
    """
    if not text:
        return None
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    urlsplit(text)  # the driver begins with this, which has objections of its own
    hosts(found["hosts"])
    parameters = dict(parse_qsl(found["parameters"] or "", strict_parsing=bool(found["parameters"])))
    hosts(parameters.get("host", ""))
    ports(parameters.get("port", ""))
    return text


def masked(url: str) -> str:
    """Return an address without its password and its parameters, fit for messages and logs."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return "postgresql://***"
    password = "" if found["password"] is None else ":***"
    user = "" if found["user"] is None else f"{found['user']}{password}@"
    database = "" if found["database"] is None else f"/{found['database']}"
    return f"{found['scheme']}://{user}{found['hosts']}{database}"


def hosts(text: str) -> str:
    """Read hosts, each with or without a port, or directories of sockets, between commas; an empty text is none.

    Raises:
        ValueError: they aren't.
    """
    for host in text.split(",") if text else ():
        if host.startswith("/"):
            continue
        found = _HOST.fullmatch(host)
        if found is None:
            raise ValueError(text)
        if found["ipv6"] is not None:
            ipaddress.IPv6Address(found["ipv6"])
        ports(found["port"] or "")
    return text


def ports(text: str) -> str:
    """Read port numbers between commas; an empty text is none.

    Raises:
        ValueError: they aren't.
    """
    for port in text.split(",") if text else ():
        if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= _MAX_PORT:
            raise ValueError(text)
    return text
