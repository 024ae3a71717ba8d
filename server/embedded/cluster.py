"""Making the cluster: `initdb`, the role and the database, complete or not at all."""

import secrets
import shutil
from pathlib import Path

from server.embedded.account import Account
from server.embedded.data_dir import DataDir, write_private
from server.embedded.errors import EmbeddedPostgresError
from server.embedded.programs import Programs

OWNER = "fourfold_owner"
DATABASE = "fourfold"

HERE = "/proc/self/cwd" if Path("/proc/self/cwd").exists() else "."
"""How PostgreSQL names the cluster, which is always its working directory.

Through this link it needs no permission on the directories above, so that a data directory below /root works
without opening /root, and a path longer than PostgreSQL's 1,024 bytes does too. Without /proc, "." becomes the
full path.
"""


def cluster_version(directory: Path) -> int | None:
    """Return the major version that made this cluster, or None if there is none.

    Raises:
        EmbeddedPostgresError: what should be a cluster is damaged.
    """
    try:
        return int((directory / "PG_VERSION").read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise EmbeddedPostgresError(
            f"{directory / 'PG_VERSION'} is damaged. Restore this directory from a backup, or choose another "
            f"--data-dir."
        ) from None


def make_cluster(data_dir: DataDir, programs: Programs, account: Account, *, durable: bool) -> None:
    """Make a cluster with one login role, which owns one database and may create roles and databases.

    It is made under another name and renamed when it is complete: after an interruption it is made again.

    Raises:
        EmbeddedPostgresError: a program failed; the message contains its output.
    """
    draft = data_dir.draft
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.own(draft)
    # No superuser can log in: `reject` here, and the lines of pg_hba.conf below know no trust.
    initdb: list[str | Path] = [programs.directory / "initdb", "-D", HERE, "--username=postgres", "--auth=reject"]
    settings = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
    _run(account, [*initdb, *settings, *([] if durable else ["--no-sync"])], draft)
    (draft / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    _sql(account, programs, draft, f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
    _sql(account, programs, draft, f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    set_password(data_dir, draft, programs, account)
    draft.rename(data_dir.cluster)


def set_password(data_dir: DataDir, cluster: Path, programs: Programs, account: Account) -> None:
    """Give the owner a new password and write it down. The cluster must not be running."""
    password = secrets.token_urlsafe(24)
    _sql(account, programs, cluster, f"ALTER ROLE {OWNER} PASSWORD '{password}'")
    write_private(data_dir.password, password.encode())


def _sql(account: Account, programs: Programs, cluster: Path, statement: str) -> None:
    # The single-user mode needs no running server, no client and no superuser's password.
    mode = ["--single", "-D", HERE, "-c", "exit_on_error=true", "-c", "password_encryption=scram-sha-256"]
    _run(account, [programs.directory / "postgres", *mode, "template1"], cluster, text=f"{statement}\n")


def _run(account: Account, command: list[str | Path], cluster: Path, text: str = "") -> None:
    done = account.run(command, cwd=cluster, text=text)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise EmbeddedPostgresError(
            f"{Path(command[0]).name} could not make the cluster in {cluster.parent}: {said}"
        )
