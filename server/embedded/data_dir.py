"""The data directory: what lies where in it, and who is using it.

lock          held while a server lives, with its process id; the kernel releases it when the process dies
postgres/     the cluster; belongs to the account that runs PostgreSQL
postgres.log  PostgreSQL's log, of this run and of earlier ones
password      of the role that owns the database (mode 0600)
running.json  how to reach the running database (mode 0600); gone when it is stopped
socket        a link to the directory with PostgreSQL's socket
secret        signs the players' tokens; see `server.settings.secret_key`
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from server.embedded.errors import EmbeddedPostgresError

_PREFIX = "fourfold-"
_LOCK_PATIENCE_S = 2.0
_LONGEST_SOCKET = 107 - len("/.s.PGSQL.5432.lock")
_LOG_LIMIT_BYTES = 8 * 1024 * 1024
_PASSWORD = re.compile("[A-Za-z0-9_-]{32}")  # what `token_urlsafe(24)` returns


class Running(msgspec.Struct, frozen=True):
    """How to reach a database that runs now."""

    pid: int
    url: str


class DataDir:
    """One data directory, made if it is not there. One process at a time may hold it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cluster = path / "postgres"
        self.draft = path / "postgres.new"
        self.log = path / "postgres.log"
        self.password = path / "password"
        self._socket_link = path / "socket"
        self._running = path / "running.json"
        self._lock: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process holds it."""
        return self._lock is not None

    def has_cluster(self) -> bool:
        """Return whether a database was made here.

        Raises:
            EmbeddedPostgresError: this user may not look.
        """
        try:
            return self.cluster.exists()
        except OSError as error:
            raise self._unreadable(error) from error

    def read_password(self) -> str | None:
        """Return the password of the database's owner, or None if it is lost or damaged."""
        try:
            text = self.password.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None
        return text if _PASSWORD.fullmatch(text) else None

    def hold(self) -> None:
        """Become the only user of this directory, until `release` or until this process ends.

        Raises:
            EmbeddedPostgresError: another process holds it.
        """
        deadline = time.monotonic() + _LOCK_PATIENCE_S  # another command may just be looking, or about to end
        while not self._try_lock():
            if time.monotonic() > deadline:
                holder = (self.path / "lock").read_text(errors="replace").strip() or "unknown"
                raise EmbeddedPostgresError(
                    f"A server is already running with the data directory {self.path} (pid {holder}). "
                    f"Stop it first, or choose another --data-dir."
                )
            time.sleep(0.05)

    def release(self) -> None:
        """Let others use this directory. In a forked child: have nothing to do with it any more."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def running(self) -> Running | None:
        """Return how to reach the database that runs on this directory, or None if none does.

        Raises:
            EmbeddedPostgresError: this user may not look, or what was written down is damaged.
        """
        try:
            with (self.path / "lock").open("rb") as file, contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None  # nobody holds it, so whatever is written down is from a killed server
            return msgspec.json.decode(self._running.read_bytes(), type=Running)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        except msgspec.DecodeError as error:
            raise EmbeddedPostgresError(
                f"{self._running} is damaged. Restart the server that runs with this data directory."
            ) from error

    def announce(self, running: Running) -> None:
        """Write down for other processes how to reach the database."""
        write_private(self._running, msgspec.json.encode(running))

    def make_socket_dir(self, may_be_in: Callable[[Path], bool]) -> Path:
        """Return a new private directory with a path short enough for a socket, and remember it.

        Raises:
            EmbeddedPostgresError: there is no place for one.
        """
        self.remove_socket_dir()
        places = [tempfile.gettempdir(), "/tmp"]  # noqa: S108 - mkdtemp makes the private directory in it
        if os.geteuid() != 0 and (runtime := os.environ.get("XDG_RUNTIME_DIR")):
            places.insert(0, runtime)
        for place in places:
            is_short = len(os.fsencode(place)) + len("/" + _PREFIX) + 8 <= _LONGEST_SOCKET
            if is_short and os.access(place, os.W_OK) and may_be_in(Path(place)):
                directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
                self._socket_link.symlink_to(directory)
                return directory
        raise EmbeddedPostgresError(
            f"There is no place for PostgreSQL's socket: none of {', '.join(places)} is short, writable for this "
            f"user, and open to the one that runs PostgreSQL. Set TMPDIR to a directory that is."
        )

    def remove_socket_dir(self) -> None:
        """Remove the socket's directory; after a `kill -9` it is still there from the last time."""
        with contextlib.suppress(OSError):
            directory = self._socket_link.readlink()
            if directory.name.startswith(_PREFIX) and not directory.is_symlink():
                shutil.rmtree(directory, ignore_errors=True)
            self._socket_link.unlink()

    def forget_running(self) -> None:
        """Remove what `announce` wrote down, and the socket's directory."""
        self._running.unlink(missing_ok=True)
        self.remove_socket_dir()

    def keep_log_small(self) -> None:
        """Move a long log aside; it replaces the one that was moved before."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))

    def delete(self) -> None:
        """Delete everything, then release it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def _try_lock(self) -> bool:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_still_there = (self.path / "lock").stat().st_ino == os.fstat(lock).st_ino
        except (BlockingIOError, FileNotFoundError):
            is_still_there = False
        if not is_still_there:  # held, or just deleted by another process that cleans up
            os.close(lock)
            return False
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock
        return True

    def _unreadable(self, error: OSError) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"The data directory {self.path} cannot be read: {error.strerror}. "
            f"Run this as the user whose it is, or choose another --data-dir."
        )


def make_throw_away_dir() -> DataDir:
    """Return a new data directory that nobody else holds, and delete those whose servers were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/lock"):
        left = DataDir(path.parent)
        with contextlib.suppress(OSError):
            if path.parent.stat().st_uid == os.geteuid() and left._try_lock():  # noqa: SLF001 - our own kind
                left.remove_socket_dir()
                left.delete()
    fresh = DataDir(Path(tempfile.mkdtemp(prefix=_PREFIX)))
    fresh.hold()
    return fresh


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only this user may read, completely or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)
