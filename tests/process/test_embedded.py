"""The PostgreSQL that comes along: it starts, it keeps what was committed, it leaves nothing behind."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from server.embedded import DataDir, EmbeddedPostgres, EmbeddedPostgresError
from tests.processes import ROOT, clean_environment, descendants, wait_until, wait_until_gone

IS_ROOT = os.geteuid() == 0

HOLD = """
import sys
from pathlib import Path
from server.embedded import EmbeddedPostgres
postgres = EmbeddedPostgres(Path(sys.argv[1])) if len(sys.argv) > 1 else EmbeddedPostgres.ephemeral()
with postgres as url:
    print(url, postgres.data_dir, flush=True)
    sys.stdin.read()
"""


class Holder:
    """A process of its own that runs a PostgreSQL until it is killed or its input ends."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=clean_environment(),
        )
        assert self.process.stdout
        self.url, _, data_dir = self.process.stdout.readline().strip().partition(" ")
        self.data_dir = Path(data_dir)
        self.below = descendants(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Where nobody has been; afterwards no PostgreSQL runs there."""
    path = tmp_path / "data"
    yield path
    DataDir(path).remove_socket_dir()  # a killed one leaves it to the next start, which not every test makes
    assert not (path / "postgres" / "postmaster.pid").exists()


def test_it_starts_makes_what_is_needed_and_stops(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    with postgres as url:
        assert ask(url, "SELECT current_user || '/' || current_database()") == "fourfold_owner/fourfold"
        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW listen_addresses") == ""
        below = [postgres.pid, *descendants(postgres.pid)]
        socket_dir = (data_dir / "socket").readlink()
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    wait_until_gone(below)
    assert not socket_dir.exists()
    assert not (data_dir / "running.json").exists()


def test_no_secret_of_it_is_readable_by_others(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in data_dir.iterdir() if path.name != "socket"
        }
    assert modes == {
        "lock": 0o600,
        "password": 0o600,
        "running.json": 0o600,
        "postgres.log": 0o600,
        "postgres": 0o700,
    }


def test_the_wrong_password_and_no_password_are_refused(data_dir: Path) -> None:
    """The socket's directory is private, but that is not the only thing between the data and others."""
    with EmbeddedPostgres(data_dir) as url:
        password = (data_dir / "password").read_text()
        for wrong in (url.replace(password, "wrong"), url.replace(f"fourfold_owner:{password}", "postgres:")):
            with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
                ask(wrong, "SELECT 1")


def test_what_was_committed_is_there_the_next_time(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT answer FROM kept") == 42


def test_a_second_user_of_a_data_directory_is_refused_by_name(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir), pytest.raises(EmbeddedPostgresError, match=f"pid {os.getpid()}"):
        EmbeddedPostgres(data_dir).start()


def test_after_kill_9_the_next_start_recovers_at_once(data_dir: Path) -> None:
    """The killed server's PostgreSQL may still be ending when the next one starts."""
    for turn in range(3):
        holder = Holder(str(data_dir))
        ask(holder.url, f"CREATE TABLE kept_{turn} AS SELECT {turn} AS answer")
        old_socket = (data_dir / "socket").readlink()
        holder.kill()
        with EmbeddedPostgres(data_dir) as url:
            assert ask(url, f"SELECT answer FROM kept_{turn}") == turn
            assert not old_socket.exists()
        wait_until_gone(holder.below)


def test_after_kill_9_of_everything_the_next_start_recovers(data_dir: Path) -> None:
    """Nothing had the time to write a checkpoint: the log of PostgreSQL has to be replayed."""
    holder = Holder(str(data_dir))
    ask(holder.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in (holder.process.pid, *holder.below):
        os.kill(pid, signal.SIGKILL)
    holder.process.communicate()
    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT answer FROM kept") == 42


def test_the_pid_of_a_stranger_does_not_keep_it_from_starting(data_dir: Path) -> None:
    """In a container the same few process ids come back: the old one may be somebody else by now."""
    with EmbeddedPostgres(data_dir):
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        owner = (data_dir / "postgres").stat()
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid)
    try:
        left = data_dir / "postgres" / "postmaster.pid"
        left.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        os.chown(left, owner.st_uid, owner.st_gid)
        with EmbeddedPostgres(data_dir) as url:
            assert ask(url, "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


def test_a_lost_password_is_replaced(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    (data_dir / "password").unlink()
    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1


def test_an_interrupted_beginning_starts_anew(data_dir: Path) -> None:
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1


def test_data_of_another_version_is_refused_and_left_alone(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match="version 9"):
        EmbeddedPostgres(data_dir).start()
    assert (data_dir / "postgres" / "PG_VERSION").read_text() == "9\n"


def test_a_failure_shows_what_postgres_said(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    (data_dir / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres(data_dir).start()


def test_a_data_directory_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="file"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


def test_an_ephemeral_one_leaves_nothing() -> None:
    postgres = EmbeddedPostgres.ephemeral()
    with postgres as url:
        path, socket_dir = postgres.data_dir, (postgres.data_dir / "socket").readlink()
        assert ask(url, "SHOW fsync") == "off"
    assert not path.exists()
    assert not socket_dir.exists()


def test_what_a_killed_ephemeral_one_left_is_swept_up_by_the_next() -> None:
    holder = Holder()
    socket_dir = (holder.data_dir / "socket").readlink()
    holder.kill()
    wait_until_gone(holder.below)
    with EmbeddedPostgres.ephemeral():
        assert not holder.data_dir.exists()
        assert not socket_dir.exists()


def test_running_ones_are_found_and_killed_ones_are_not(data_dir: Path) -> None:
    """How `fourfold replay` finds the games of a server that runs."""
    holder = Holder(str(data_dir))
    running = DataDir(data_dir).running()
    assert running is not None
    assert running.url == holder.url
    holder.kill()
    wait_until(lambda: DataDir(data_dir).running() is None, 10, "the killed one still counts as running")
    wait_until_gone(holder.below)


def test_a_long_path_with_spaces_that_only_root_may_enter_keeps_its_modes(tmp_path: Path) -> None:
    """Longer than PostgreSQL's own limit for paths, and closed to the account it runs as."""
    closed = tmp_path / "only mine"
    closed.mkdir(mode=0o700)
    deep = closed.joinpath(*["a long name " * 15] * 8)
    deep.mkdir(parents=True)
    before = modes_above(deep)
    with EmbeddedPostgres(deep / "data") as url:
        assert ask(url, "SELECT 1") == 1
    assert len(str(deep)) > 1024
    assert modes_above(deep) == before


@pytest.mark.skipif(not IS_ROOT, reason="only root has to become somebody else")
def test_as_root_it_runs_as_somebody_else(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    with postgres:
        status = Path(f"/proc/{postgres.pid}/status").read_text()
        identities = next(line for line in status.splitlines() if line.startswith("Uid:"))
        assert "0" not in identities.split()[1:]
        assert data_dir.stat().st_uid == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root has to become somebody else")
def test_a_place_for_temporary_files_that_only_root_may_enter_is_passed_over(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some systems give each user one of their own (libpam-tmpdir), which PostgreSQL's account can't enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1


def ask(url: str, statement: str) -> object:
    """Carry out a statement on a connection of its own and return the first value."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def modes_above(path: Path) -> list[tuple[str, int, int]]:
    return [(place.name, place.stat().st_mode, place.stat().st_uid) for place in (path, *path.parents)]
