"""Data directories: a new one for a cluster, and copies of it for standbys."""

import asyncio
import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from server.database.pool import Connection
from server.embedded.account import Account, account_for
from server.embedded.cluster import HERE, make_cluster
from server.embedded.data_dir import DataDir
from server.embedded.programs import Programs, find_programs

OPERATOR: Final = "operator"
"""The superuser of a cluster, who also replicates."""

_PG_HBA: Final = """
host all all 127.0.0.1/32 scram-sha-256
host replication operator 127.0.0.1/32 scram-sha-256
"""

_EMPTIED: Final = frozenset(
    ("pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans")
)
"""What the manual tells to leave out of a base backup: these directories are copied, but not what is in them."""

_LEFT_OUT: Final = frozenset(("postmaster.pid", "postmaster.opts", "postgresql.auto.conf", "standby.signal"))


@dataclass(frozen=True, slots=True)
class Installation:
    """The programs that the embedded server would run, and as whom."""

    programs: Programs
    account: Account

    @classmethod
    def find(cls, directory: Path) -> Self:
        """Return what would run a cluster in `directory`.

        Raises:
            EmbeddedPostgresError: there is no PostgreSQL, or nobody to run it.
        """
        account = account_for(directory / "postgres")
        return cls(find_programs(account), account)


def make_data_directory(path: Path, installation: Installation, password: str) -> str:
    """Make a data directory as the embedded server does, with an operator besides; return the owner's password."""
    draft = DataDir(path.with_name(f"{path.name}.draft"))
    draft.path.mkdir(mode=0o700)
    make_cluster(draft, installation.programs, installation.account, durable=False)
    done = installation.account.run(
        [installation.programs.directory / "postgres", "--single", "-D", HERE, "template1"],
        cwd=draft.cluster,
        text=f"CREATE ROLE {OPERATOR} SUPERUSER LOGIN PASSWORD '{password}'\n",
    )
    assert done.returncode == 0, done.stderr
    with (draft.cluster / "pg_hba.conf").open("a") as file:
        file.write(_PG_HBA)
    draft.cluster.rename(path)
    return draft.password.read_text()


async def copy_stopped(source: Path, target: Path, account: Account) -> None:
    """Copy the data directory of a PostgreSQL that does not run."""
    await asyncio.to_thread(_copy, source, target, account)


async def copy_running(source: Path, target: Path, account: Account, operator: Connection) -> None:
    """Copy the data directory of a running PostgreSQL, of which `operator` is a connection: a base backup.

    The copy is whole once it has received and replayed the WAL that was written meanwhile.
    """
    await operator.execute("SELECT pg_backup_start('rebuild', fast => true)")
    await asyncio.to_thread(_copy, source, target, account)
    label = await operator.fetchval("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)")
    write_as(account, target / "backup_label", label)


def write_as(account: Account, path: Path, text: str) -> None:
    """Write a file that belongs to `account` and that nobody else may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    account.own(path)


def _copy(source: Path, target: Path, account: Account) -> None:
    # A running PostgreSQL deletes files in between; what it deleted is not needed.
    def copy_file(old: str, new: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(old, new)

    shutil.copytree(source, target, ignore=_left_out, copy_function=copy_file)
    for path in (target, *target.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        account.own(path)


def _left_out(directory: str, names: list[str]) -> set[str]:
    return set(names) if Path(directory).name in _EMPTIED else set(_LEFT_OUT.intersection(names))
