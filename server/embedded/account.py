"""The account that PostgreSQL runs as: it refuses to be root, so root needs an unprivileged one for it."""

import os
import pwd
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from server.embedded.errors import EmbeddedPostgresError

_SHIM = Path(__file__).with_name("shim.py")
_TOOL_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Account:
    """Who owns the cluster and runs its programs. The ids are -1 for the user of this process."""

    name: str
    uid: int = -1
    gid: int = -1

    def own(self, directory: Path) -> None:
        """Give one directory, not what is in it, to this account."""
        os.chown(directory, self.uid, self.gid)

    def may_enter(self, directory: Path) -> bool:
        """Return whether this account reaches what is in a directory."""
        if self.uid == -1:
            return os.access(directory, os.X_OK)
        return self.run(["/bin/sh", "-c", 'test -x "$0"', directory], cwd=Path("/")).returncode == 0

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        log: IO[bytes],
        variables: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start a program as this account in a session of its own, so that a terminal's Ctrl-C does not reach it.

        It is stopped when the thread that calls this ends: call it from the main thread.
        """
        return subprocess.Popen(  # noqa: S603 - our own programs
            self._shimmed(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **_options(cwd, variables or {}),
        )

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, text: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program to its end as this account, with `text` as its input; its output is in the result."""
        try:
            return subprocess.run(  # noqa: S603 - our own programs
                self._shimmed(command),
                input=text,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_TOOL_TIMEOUT_S,
                **_options(cwd, {}),
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(
                f"{command[0]} did not end within {_TOOL_TIMEOUT_S} s. Is the machine, or its disk, overloaded?"
            ) from error

    def _shimmed(self, command: Sequence[str | Path]) -> list[str]:
        before = [sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), str(self.uid), str(self.gid)]
        return before + [str(part) for part in command]


def account_for(cluster: Path) -> Account:
    """Return the account that runs, or will run, the cluster in this directory; no account is ever created.

    Raises:
        EmbeddedPostgresError: this process is root, and there is no unprivileged account.
    """
    if os.geteuid() != 0:
        return Account(f"user {os.geteuid()}")
    found = _owner(cluster) or _named("postgres") or _named("nobody")
    if found is None:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and neither of the accounts postgres and nobody exists. "
            "Start the server as another user, or give it a --database-url."
        )
    return found


def _owner(cluster: Path) -> Account | None:
    if not cluster.exists() or (uid := cluster.stat().st_uid) == 0:
        return None
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(
            f"{cluster} belongs to the user {uid}, who has no account here. Give it to one that exists "
            f"(chown -R postgres), or choose another --data-dir."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None


def _options(cwd: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    # Nothing of our environment may leak in: PGDATA, PGPORT and the like would change what the programs do.
    environment = {"PATH": os.defpath, "LC_ALL": "C", **variables}
    return {"cwd": cwd, "env": environment, "start_new_session": True}
