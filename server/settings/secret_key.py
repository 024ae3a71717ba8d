"""The key that signs the players' tokens: configured, or made once in the data directory."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from server.settings.parsing import MIN_SECRET_CHARS
from server.settings.settings import Settings, SettingsError

_OTHER_USERS: Final = 0o077


def signing_key(settings: Settings) -> bytes:
    """Return the configured secret, or else that of the data directory, which is made if there is none yet.

    Racing processes all get the same key: it becomes visible under its name only once it is complete.

    Raises:
        SettingsError: other users may read or change the file, or it cannot be read or made.
    """
    key = existing_key(settings)
    if key is not None:
        return key
    path = _path(settings)
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
        return _read(path)
    except OSError as error:
        raise SettingsError(f"The secret {path} cannot be made: {error.strerror}. {_INSTEAD}") from error


def existing_key(settings: Settings) -> bytes | None:
    """Return the key without making one: None if there is none yet.

    Raises:
        SettingsError: other users may read or change the file, or it cannot be read.
    """
    if settings.secret:
        return settings.secret.encode()
    path = _path(settings)
    try:
        return _read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"The secret {path} cannot be read: {error.strerror}. {_INSTEAD}") from error


_INSTEAD: Final = "Make it accessible to this user, choose another --data-dir, or set FOURFOLD_SECRET."


def _path(settings: Settings) -> Path:
    return settings.data_dir / "secret"


def _make(path: Path) -> None:
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename it fails when another process was first
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        key = file.read().strip()
    if mode & _OTHER_USERS:
        raise SettingsError(
            f"Other users may open the secret {path} (mode {mode:04o}); mode 0600 is expected. "
            f"Delete it to have a new one made (players get new identities); or, if nobody read it, chmod 600 it."
        )
    if len(key) < MIN_SECRET_CHARS:
        raise SettingsError(f"The secret {path} is too short; delete it to have a new one made.")
    return key
