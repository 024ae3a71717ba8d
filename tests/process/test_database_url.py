"""Addresses of databases: what is accepted means the same to the driver, and no password is ever shown."""

import os
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from asyncpg import connect_utils
from hypothesis import assume, example, given
from hypothesis import strategies as st

from server.settings.database_url import database_url, masked
from server.settings.settings import SettingsError, read_settings

SECRET = "ÄØQWXZ"  # none of these is in the rest of an address or of a message in these tests
DELIMITERS = "@:/?#[]%&=;,+ \t\n\"'\\<>{}|^`~.-_!$()*"

passwords = st.text(alphabet=SECRET + DELIMITERS + "0123456789abcdef\0\x7f\u2100", max_size=12)
shapes = st.sampled_from(
    [
        "postgresql://user:{}@host:5432/games",
        "postgres://user:{}@/games?host=/run/postgresql",
        "postgresql://user:{}@one,two:5433/games?target_session_attrs=read-write",
        "postgresql://user@host/games?password={}",
        "postgresql://user@host/games?sslmode=require&password={}&port=5433",
        "postgresql://user:{}@[::1]:5432/games",
        "postgresql:user:{}@host/games",
        "postgresql://user:{}@host:port/games",
    ]
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment fills gaps of an address here."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user@host/games",
        "postgres://user:p%40ss%3Aw%2Fo%3Fr%23d%25@host:5432/games",
        "postgresql://user:a:b@host/games",
        "postgresql://one:5432,two:5433/games?target_session_attrs=read-write",
        "postgresql://[::1]:5434/games",
        "postgresql://user@%2Frun%2Fpostgresql/games",
        "postgresql://user:pass@/games?host=/run/postgresql&port=5432",
        "postgresql:///games",
        "postgresql://",
        "postgresql://user:größe@höst/spiele",
        "PostgreSQL://host",
    ],
)
def test_addresses_are_accepted_as_they_are(url: str) -> None:
    assert database_url(url) == url
    parts_read_by_the_driver(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@h:abc/db",
        "postgresql://u@h:0/db",
        "postgresql://u@h:65536/db",
        "postgresql://u@h:/db",
        "postgresql://u@one,,two/db",
        "postgresql://u@[::g]/db",
        "postgresql://u@[::1/db",
        "postgresql://u@h /db",
        "postgresql://u:pass?word@h/db",
        "postgresql://u:12?x=word@h/db",
        "postgresql://u:12/word@h/db",
        "postgresql://u:12#word@h/db",
        "postgresql://u:pa@ss@h/db",
        "postgresql://u:100%@h/db",
        "postgresql://u:a%00b@h/db",
        "postgresql://u@h/db?port=x",
        "postgresql://u@h/db?host=a,,b",
        "postgresql://u@h/db?sslmode",
        "postgresql://u@h/db#x",
        "postgresql://u@h/d/b",
        "http://u@h/db",
        "h/db",
    ],
)
def test_what_would_be_misunderstood_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL: an address like postgresql://"):
        read_settings({}, {"DATABASE_URL": url})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:pass@h:5432/d?password=x", "postgresql://u:***@h:5432/d"),
        ("postgresql://u:p%3Fss@h,i/d", "postgresql://u:***@h,i/d"),
        ("postgresql://u@h/d?sslpassword=x", "postgresql://u@h/d"),
        ("postgresql://h", "postgresql://h"),
        ("postgresql://u:p?ss@h/d", "postgresql://***"),
        ("postgresql://u:p@ss@h/d", "postgresql://***"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked(url) == shown


@given(passwords, shapes, st.booleans())
@example("1?X=Q", "postgresql://user:{}@host:5432/games", False)
@example("5432/X", "postgresql://user:{}@host:5432/games", False)
@example("5432,X", "postgresql://user:{}@host:5432/games", False)
def test_no_character_of_a_password_is_shown(password: str, shape: str, encoded: bool) -> None:
    """Whether it is percent-encoded as it should be or not, neither by `masked` nor by a refusal."""
    url = shape.format(quote(password, safe="") if encoded else password)
    shown = masked(url)
    try:
        read_settings({}, {"DATABASE_URL": url})
    except SettingsError as refusal:
        shown += str(refusal)
    assert not set(shown) & set(SECRET)


@given(passwords, shapes, st.booleans())
def test_what_is_accepted_the_driver_reads_alike(password: str, shape: str, encoded: bool) -> None:
    url = shape.format(quote(password, safe="") if encoded else password)
    try:
        accepted = database_url(url)
    except ValueError:
        assume(False)
    assert accepted == url
    parts = parts_read_by_the_driver(url)
    assert {"user": parts["user"], "database": parts["database"]} == {"user": "user", "database": "games"}
    if encoded or not set(password) & set("%+&;="):
        assert parts["password"] == (password or None)


@given(st.text(max_size=60), st.text(alphabet="postgresql:/@?#[]=&%.,0123456789ab", max_size=60))
@example("", "//[::1]:5432,h/d?port=1,2")
def test_no_text_is_accepted_that_the_driver_fails_at(anything: str, nearly: str) -> None:
    """The driver raises plain errors, of many kinds, at what it doesn't expect."""
    for text in (anything, f"postgresql://{anything}", f"postgresql:{nearly}"):
        try:
            if not database_url(text):
                continue
        except ValueError:
            continue
        parts_read_by_the_driver(text)


def parts_read_by_the_driver(url: str) -> dict[str, Any]:
    """What asyncpg takes from an address; what it refuses with a message for people is not a failure."""
    try:
        _, parameters = connect_utils._parse_connect_dsn_and_args(  # type: ignore[attr-defined]  # noqa: SLF001
            dsn=url,
            **dict.fromkeys(("host", "port", "password", "passfile", "database", "ssl", "service", "servicefile")),
            **dict.fromkeys(("direct_tls", "server_settings", "target_session_attrs", "krbsrvname", "gsslib")),
            user=None,
        )
    except asyncpg.InterfaceError:
        return {}
    return {name: getattr(parameters, name) for name in ("user", "password", "database")}
