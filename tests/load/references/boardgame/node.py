"""boardgame.io as a process: installed on first use, and ended with whoever started it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.processes import ROOT

PACKAGES: Final = {
    "boardgame.io": "0.50.2",
    "koa-compose": "4.1.0",  # koa allows 4.2.0 too, with which the lobby answers everything by 404
}

DIRECTORY: Final = ROOT / ".venv" / "boardgame"

STOP_TIME_LIMIT_S: Final = 5.0

_SERVER: Final = Path(__file__).with_name("server.js")


class NodeError(Exception):
    """boardgame.io cannot be run here; the message says why."""


@dataclass(frozen=True, slots=True)
class NodeServer:
    """A running server: where it listens, and its process."""

    url: str
    pid: int


def install(directory: Path) -> None:
    """Install boardgame.io into a directory, unless it is there already.

    Raises:
        NodeError: it can't be installed.
    """
    if all(_installed(directory, package) == version for package, version in PACKAGES.items()):
        return
    flags = ["--silent", "--no-save", "--no-audit", "--no-fund"]
    wanted = [f"{package}@{version}" for package, version in PACKAGES.items()]
    code = subprocess.call([_program("npm"), "install", *flags, "--prefix", directory, *wanted])
    if code != 0:
        raise NodeError(f"npm could not install {' '.join(wanted)} (exit code {code}).")


@contextmanager
def node_server(directory: Path) -> Iterator[NodeServer]:
    """Run the server, installed in a directory, until the end of the block.

    Raises:
        NodeError: it does not start.
    """
    process = subprocess.Popen(
        [_program("node"), _SERVER, "0"],
        env=os.environ | {"NODE_PATH": str(directory / "node_modules"), "NODE_ENV": "production"},
        stdin=subprocess.PIPE,  # closed by the system when this process ends, in whatever way
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us alone, and we end it
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address.startswith("http://"):
            raise NodeError(f"boardgame.io did not start: {address or 'see above'}.")
        yield NodeServer(address, process.pid)
    finally:
        _end(process)


def _installed(directory: Path, package: str) -> str | None:
    described = directory / "node_modules" / package / "package.json"
    return json.loads(described.read_text())["version"] if described.exists() else None


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NodeError(f"boardgame.io needs {name}, which is not installed (Debian: apt install nodejs npm).")
    return found
