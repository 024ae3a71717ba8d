"""The processes of a server that has several."""

from pathlib import Path

from tests.processes import ServerProcess, is_alive


def workers_of(server: ServerProcess) -> list[int]:
    """The processes that serve: those that run our own program, one level down."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [int(pid) for pid in children if is_alive(int(pid)) and b"-m\0server" in _command_line(pid)]


def _command_line(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
