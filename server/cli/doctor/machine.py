"""Checks of this machine: Python, packages, the port, the data directory, the secret."""

import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from server.cli.doctor.findings import Finding
from server.serving.errors import ServingError
from server.serving.listening import listening
from server.settings.secret_key import existing_key
from server.settings.settings import Settings, SettingsError

OLDEST_PYTHON: Final = (3, 11)
LITTLE_SPACE_BYTES: Final = 512 * 1024 * 1024


def machine_findings(settings: Settings) -> Iterator[Finding]:
    """Examine everything but the database."""
    yield _python()
    yield _packages()
    yield _port(settings)
    yield from _data_dir(settings)
    yield _secret(settings)


def _python() -> Finding:
    if sys.version_info < OLDEST_PYTHON:
        return Finding("fail", f"Python {platform.python_version()}", "install Python 3.11 or later")
    return Finding("ok", f"Python {platform.python_version()}")


def _packages() -> Finding:
    try:
        lines = [line for line in requires("fourfold") or () if "extra ==" not in line]
    except PackageNotFoundError:
        return Finding("warn", "fourfold is not installed, it runs from its directory", "make install")
    names = [re.split(r"[^A-Za-z0-9._-]", line)[0] for line in lines]
    missing = [name for name in names if not _is_installed(name)]
    if missing:
        return Finding("fail", f"missing packages: {', '.join(missing)}", "make install")
    return Finding("ok", f"{len(names)} packages")


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _port(settings: Settings) -> Finding:
    what = f"port {settings.port} on {settings.host}"
    try:
        with listening(settings.host, settings.port) as listener:
            found = listener.getsockname()[1]
    except ServingError as error:
        return Finding("fail", f"{what} cannot be used", str(error))
    if settings.port not in {0, found}:
        return Finding("warn", f"{what} is taken", f"a server would use {found}; name another with --port")
    return Finding("ok", f"{what} is free")


def _data_dir(settings: Settings) -> Iterator[Finding]:
    path = settings.data_dir
    existing = next(place for place in (path, *path.parents) if _is_there(place))
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(
            "fail", f"data directory {path} cannot be written", "choose another --data-dir (FOURFOLD_DATA_DIR)"
        )
        return
    free = shutil.disk_usage(existing).free
    if free < LITTLE_SPACE_BYTES:
        yield Finding("warn", f"only {free >> 20} MiB free for {path}", "make room, or choose another --data-dir")
    if existing == path and stat.S_IMODE(path.stat().st_mode) & 0o022:
        yield Finding("warn", f"data directory {path} can be changed by other users", f"chmod go-w {path}")
    else:
        yield Finding("ok", f"data directory {path}{'' if existing == path else ' (made at the first start)'}")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _secret(settings: Settings) -> Finding:
    if settings.secret:
        return Finding("ok", "the secret is in the environment")
    try:
        key = existing_key(settings)
    except SettingsError as error:
        return Finding("fail", "the secret", str(error))
    if key is not None:
        return Finding("ok", f"the secret in {settings.data_dir}")
    remedy = "set FOURFOLD_SECRET if servers on several machines share a database" if settings.database_url else ""
    return Finding("warn" if remedy else "ok", "the secret is made at the first start", remedy)
