"""Malformed settings, addresses, environments and files: one clear line, an exit code, and nothing changed."""

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.database.sessions import Connection
from tests.processes import ROOT, clean_environment

TIME_S = 60.0
NOBODY_LISTENS = "127.0.0.1:1"

Done = subprocess.CompletedProcess[bytes]


def fourfold(*arguments: str, environment: Mapping[str, str | bytes] | None = None, cwd: Path = ROOT) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=cwd,
        env={**clean_environment(), "PYTHONPATH": str(ROOT), **(environment or {})},
        capture_output=True,
        check=False,
        timeout=TIME_S,
    )


def assert_refused(done: Done, code: int, *named: str) -> None:
    said = done.stderr.decode()
    assert done.returncode == code, said
    assert said.startswith("fourfold: ")
    assert said.count("\n") == 1, said
    assert said.endswith(".\n")
    for part in named:
        assert part in said
    assert done.stdout == b""


@pytest.mark.parametrize("command", ["serve", "migrate", "rebuild", "verify", "doctor"])
def test_a_malformed_address_is_refused_by_every_command(command: str) -> None:
    done = fourfold(command, environment={"DATABASE_URL": "postgresql://u:hush-hush@h:abc/db"})
    assert_refused(done, 2, "DATABASE_URL", "postgresql://user:password@host:5432/name")
    assert b"hush" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "migrate", "rebuild", "verify", "doctor"])
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:hush%3Fhush@127.0.0.1:1/games",
        "postgresql://me:hush%40hush%2Fhush@127.0.0.1:1/games",
        "postgresql://me@127.0.0.1:1/games?password=hush",
        "postgresql://me:hush?hush@127.0.0.1:1/games",
        "postgresql://me:hush@hush@127.0.0.1:1/games",
        "postgresql://me:hush/hush#@127.0.0.1:1/games",
    ],
)
def test_no_command_shows_a_password(command: str, address: str) -> None:
    done = fourfold(command, environment={"DATABASE_URL": address})
    assert done.returncode in {1, 2}
    assert done.stderr or command == "doctor"
    assert b"hush" not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"FOURFOLD_HOST": "a..b"}, "FOURFOLD_HOST"),
        ({"FOURFOLD_DATA_DIR": "~nobody-of-this-name/games"}, "FOURFOLD_DATA_DIR"),
        ({"FOURFOLD_SECRET": b"\xff" * 40}, "FOURFOLD_SECRET"),
        ({"DATABASE_URL": b"postgresql://\xff@h/d"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://h/d", "PGPORT": "abc"}, "PGPORT"),
    ],
)
def test_what_is_no_text_or_no_value_is_refused(environment: Mapping[str, str | bytes], named: str) -> None:
    assert_refused(fourfold("serve", environment=environment), 2, named)


def test_an_argument_with_a_line_break_is_refused_in_one_line() -> None:
    done = fourfold("serve", "--no-such\nflag")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("with_database", [True, False], ids=["with a database", "with its own"])
@pytest.mark.parametrize(
    ("content", "mode", "named"), [("x" * 64, 0o644, "0644"), ("x" * 64, 0o620, "0620"), ("x", 0o600, "too short")]
)
def test_a_secret_file_that_cannot_be_trusted_is_refused(
    with_database: bool, content: str, mode: int, named: str, tmp_path: Path
) -> None:
    """Before a database is made, or asked for anything."""
    (tmp_path / "secret").write_text(content)
    (tmp_path / "secret").chmod(mode)
    environment = {"FOURFOLD_SECRET": "", "FOURFOLD_DATA_DIR": str(tmp_path)}
    if with_database:
        environment["DATABASE_URL"] = f"postgresql://me@{NOBODY_LISTENS}/games"
    assert_refused(fourfold("serve", "--port", "0", environment=environment), 2, named, "secret")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").read_text() == content


def test_a_secret_that_cannot_be_made_is_an_error_in_one_line(tmp_path: Path, database_url: str) -> None:
    """Found before anything serves: a worker would fail again and again."""
    (tmp_path / "secret").mkdir()
    environment = {"FOURFOLD_SECRET": "", "FOURFOLD_DATA_DIR": str(tmp_path), "DATABASE_URL": database_url}
    assert_refused(fourfold("serve", "--port", "0", environment=environment), 2, "secret", "FOURFOLD_SECRET")


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """As if a server used this directory."""
    with (data_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"pid": "x"}'])
def test_a_damaged_note_of_the_running_database_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "running.json").write_bytes(content)
    with held(tmp_path):
        done = fourfold("replay", "k3yp9xqa2mbd", "--data-dir", str(tmp_path))
        assert_refused(done, 1, "running.json")
        done = fourfold("doctor", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert b"running.json" in done.stdout
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"eighteen", b"\xff"])
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["migrate"]], ids=["serve", "migrate"])
def test_a_damaged_cluster_is_refused_and_left_alone(content: bytes, command: list[str], tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_bytes(content)
    assert_refused(fourfold(*command, "--data-dir", str(tmp_path)), 1, "PG_VERSION", "--data-dir")
    assert (tmp_path / "postgres" / "PG_VERSION").read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"\xff", b"half a passw"])
def test_a_damaged_password_is_replaced(content: bytes, tmp_path: Path) -> None:
    """It is the launcher's own, so a new one does as well."""
    assert fourfold("migrate", "--data-dir", str(tmp_path)).returncode == 0
    (tmp_path / "password").write_bytes(content)
    done = fourfold("migrate", "--data-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert b"was up to date" in done.stdout


def test_a_terminal_of_few_characters_is_no_reason_to_fail(tmp_path: Path) -> None:
    place = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    done = fourfold("doctor", "--data-dir", place, environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert b"caf\\udce9" in done.stdout


async def test_a_role_that_may_not_act_as_the_application_is_refused_in_one_line(
    database_url: str, owner: Connection
) -> None:
    """The migrations run as the owner, so only the application would notice, in each worker anew."""
    await owner.execute("CREATE ROLE fourfold_stranger LOGIN PASSWORD 'hush-hush'")
    try:
        stranger = database_url.partition("://")[2].partition("@")[2]
        environment = {
            "DATABASE_URL": f"postgresql://fourfold_stranger:hush-hush@{stranger}",
            "FOURFOLD_OWNER_DATABASE_URL": database_url,
        }
        done = await asyncio.to_thread(fourfold, "serve", "--port", "0", environment=environment)
    finally:
        await owner.execute("DROP ROLE fourfold_stranger")
    assert_refused(done, 1, "permission denied", "fourfold_stranger:***@", "doctor")


def test_a_deleted_working_directory_is_no_reason_to_fail(tmp_path: Path, database_url: str) -> None:
    """Whoever works there sees their own error later, but not ours."""
    script = f'cd "$1" && rmdir "$1" && exec "{sys.executable}" -m server migrate'
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(tmp_path / "gone")],
        env={**clean_environment(), "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url},
        capture_output=True,
        check=False,
        timeout=TIME_S,
    )
    assert done.returncode == 0, done.stderr
