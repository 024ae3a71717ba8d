"""One run of PostgreSQL's main process: start it, wait until it is ready, stop it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from server.embedded.account import Account
from server.embedded.cluster import HERE
from server.embedded.data_dir import DataDir
from server.embedded.errors import EmbeddedPostgresError
from server.embedded.programs import Programs

READY_TIMEOUT_S = 600.0  # crash recovery replays what was not yet checkpointed, and must not be cut short
RETRY_FOR_S = 30.0
FAST_STOP_S = 20.0
IMMEDIATE_STOP_S = 5.0

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "password_encryption": "scram-sha-256",
    "jit": "off",  # costs more than it gains in statements of a millisecond
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": "fourfold",
}
_FAST_BUT_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# After a `kill -9` of a server its PostgreSQL may live on for a moment; these failures pass by themselves.
_PASSING_FAILURES = (b'lock file "postmaster.pid" already exists', b"pre-existing shared memory block")


class Postmaster:
    """A running PostgreSQL, a direct child of this process."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process id of PostgreSQL's main process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the main process still runs."""
        return self._process.poll() is None

    def hurry(self) -> None:
        """Stop at once; the next start recovers. Harmless when it is stopped already."""
        self._process.send_signal(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop after a checkpoint (open transactions are rolled back); if that takes too long, at once."""
        for signum, patience_s in ((signal.SIGINT, FAST_STOP_S), (signal.SIGQUIT, IMMEDIATE_STOP_S)):
            self._process.send_signal(signum)
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
            return
        self._process.kill()
        self._process.wait()


def start_postmaster(
    data_dir: DataDir, socket_dir: Path, programs: Programs, account: Account, *, durable: bool
) -> Postmaster:
    """Start PostgreSQL on an existing cluster and return it once it accepts connections.

    Raises:
        EmbeddedPostgresError: it did not start; the message contains the end of its log.
    """
    settings = _SETTINGS | {"unix_socket_directories": str(socket_dir)} | ({} if durable else _FAST_BUT_FORGETFUL)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [programs.directory / "postgres", "-D", HERE, *options]
    deadline = time.monotonic() + RETRY_FOR_S
    while True:
        with os.fdopen(os.open(data_dir.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            beginning = log.seek(0, os.SEEK_END)
            process = account.popen(command, cwd=data_dir.cluster, log=log, variables=_own_dead(data_dir.cluster))
        try:
            if _is_ready(process, data_dir.cluster):
                return Postmaster(process)
        except BaseException:
            Postmaster(process).stop()
            raise
        said = data_dir.log.read_bytes()[beginning:]
        if time.monotonic() > deadline or not any(failure in said for failure in _PASSING_FAILURES):
            ending = said.decode(errors="replace").strip()[-1500:]
            raise EmbeddedPostgresError(f"PostgreSQL did not start. {data_dir.log} ends with:\n{ending}")
        time.sleep(0.1)


def _is_ready(process: "subprocess.Popen[bytes]", cluster: Path) -> bool:
    """Wait until the pid file says so of this process (as `pg_ctl` does); return False if it ended instead."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while process.poll() is None:
        lines = _pid_file(cluster)
        if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":  # noqa: PLR2004
            return True
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"PostgreSQL was not ready after {READY_TIMEOUT_S:.0f} s; its log is in {cluster.parent}."
            )
        time.sleep(0.01)
    return False


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _own_dead(cluster: Path) -> dict[str, str]:
    """Make PostgreSQL overlook a pid file whose process id now belongs to another program.

    Process ids are used again: in a container the same few come back at each start, and PostgreSQL would refuse to
    start for as long as the other program runs. This variable of PostgreSQL names a process that is certainly no
    postmaster; its check for living children, by shared memory, stays in force.
    """
    pid = next(iter(_pid_file(cluster)), "")
    if sys.platform != "linux" or not pid.isdigit():
        return {}
    try:
        is_postgres = Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
        is_here = Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        return {}
    return {} if is_postgres and is_here else {"PG_GRANDPARENT_PID": pid}
