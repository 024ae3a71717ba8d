"""`fourfold serve` from the first start to the last process gone."""

import os
import pwd
import re
import signal
import socket
import tempfile
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.process.copies import copy_of_the_program, python_for
from tests.process.play import play, version_of
from tests.process.workers import workers_of
from tests.processes import ServerProcess, is_healthy, wait_until, wait_until_gone

IS_ROOT = os.geteuid() == 0
STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("stop", STOP_SIGNALS)
@pytest.mark.parametrize("flags", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_a_stop_leaves_no_process_and_no_ephemeral_data(stop: signal.Signals, flags: list[str]) -> None:
    with ServerProcess(*flags) as server:
        below = server.descendants()
        data_dir = ephemeral_dir(server)
        socket_dir = (data_dir / "socket").readlink()
        server.signal(stop)
        assert server.wait() == 0
        wait_until_gone(below)
        assert "Traceback" not in server.output
    assert below
    assert not data_dir.exists()
    assert not socket_dir.exists()


@pytest.mark.parametrize("flags", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_kill_9_leaves_no_process(flags: list[str], tmp_path: Path) -> None:
    with ServerProcess(*flags, data_dir=tmp_path / "data") as server:
        below = server.descendants()
        server.kill()
        wait_until_gone(below)
        assert len(below) > 5


def test_browsers_are_told_to_come_back() -> None:
    with ServerProcess() as server, connect(server.ws_url, origin=Origin(server.url)) as page:
        server.signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as end:
            read_to_the_end(page)
        assert server.wait() == 0
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 1012


@pytest.mark.parametrize("flags", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_a_second_ctrl_c_does_not_wait_for_anybody(flags: list[str]) -> None:
    """Somebody downloads without reading: the first Ctrl-C is patient with them, the second is not."""
    with ServerProcess(*flags) as server:
        below = server.descendants()
        with socket.create_connection(("127.0.0.1", server.port)) as stuck:
            stuck.sendall(b"POST /api/players HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
            wait_until(lambda: is_healthy(server.url), 10, "not healthy")
            server.signal(signal.SIGINT)
            wait_until(lambda: not is_healthy(server.url), 10, "still serving after the first Ctrl-C")
            server.signal(signal.SIGINT)
            assert server.wait() == 0
            assert "timeout graceful shutdown exceeded" not in server.output  # which uvicorn says after patience
        wait_until_gone(below)


def test_a_start_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C while the database is being made."""
    data_dir = tmp_path / "data"
    with ServerProcess(data_dir=data_dir).launch() as server:
        wait_until((data_dir / "postgres.new").exists, 30, "the cluster was not begun")
        below = server.descendants()
        server.signal(signal.SIGINT)
        assert server.wait() == 0
        wait_until_gone(below)
        assert not (data_dir / "running.json").exists()
        server.start()
        assert server.terminate() == 0


def test_the_second_start_has_the_games_of_the_first(tmp_path: Path) -> None:
    with ServerProcess(data_dir=tmp_path / "data") as server:
        game = play(server.url)
        assert server.terminate() == 0
        assert version_of(server.start().url, game) == 10


def test_after_kill_9_the_next_start_has_every_acknowledged_move(tmp_path: Path) -> None:
    with ServerProcess(data_dir=tmp_path / "data") as server:
        game = play(server.url)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        assert version_of(server.start().url, game) == 10


def test_a_taken_port_is_told_and_the_next_one_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with ServerProcess(port=port) as server:
            assert port < server.port <= port + 20
            assert f"Port {port} is taken; this server uses {server.port}." in server.output


def test_it_prints_what_one_needs_to_know_and_no_colours_into_a_file(tmp_path: Path) -> None:
    with ServerProcess(data_dir=tmp_path / "my data") as server:
        told = server.output
    for part in (
        "Fourfold is ready: http://127.0.0.1:",
        str(tmp_path / "my data"),
        "Ctrl-C",
        "Try next",
        "replay GAME",
    ):
        assert part in told
    assert "\x1b" not in told


def test_a_dead_worker_is_replaced() -> None:
    with ServerProcess("--workers", "2") as server:
        workers = workers_of(server)
        os.kill(workers[0], signal.SIGKILL)
        wait_until(
            lambda: len(workers_of(server)) == 2 and workers[0] not in workers_of(server), 20, server_said(server)
        )
        assert is_healthy(server.url)
        assert workers[1] in workers_of(server)


def test_workers_serve_the_same_games() -> None:
    """Whichever process answers, it knows the game."""
    with ServerProcess("--workers", "3") as server:
        game = play(server.url)
        assert {version_of(server.url, game) for _ in range(20)} == {10}


def test_a_database_that_is_away_is_an_error_with_an_address_and_without_a_password() -> None:
    with ServerProcess(database_url="postgresql://me:hush-hush@127.0.0.1:1/games").launch() as server:
        assert server.wait() == 1
        assert "postgresql://me:***@127.0.0.1:1/games" in server.output
        assert "hush-hush" not in server.output
        assert "Traceback" not in server.output


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"FOURFOLD_WORKERS": "none"}, "FOURFOLD_WORKERS"),
        ({"FOURFOLD_HOST": "203.0.113.7"}, "FOURFOLD_HOST"),
        ({"FOURFOLD_HOST": "no-such-host.invalid"}, "FOURFOLD_HOST"),
        ({"FOURFOLD_SECRET": "short"}, "FOURFOLD_SECRET"),
    ],
)
def test_a_wrong_environment_is_refused_in_one_line(environment: dict[str, str], named: str) -> None:
    with ServerProcess(env=environment).launch() as server:
        assert server.wait() in {1, 2}
        assert server.output.startswith("fourfold: ")
        assert named in server.output
        assert server.output.count("\n") == 1


def test_a_data_directory_in_use_is_refused_by_name(tmp_path: Path) -> None:
    with ServerProcess(data_dir=tmp_path) as first, ServerProcess(data_dir=tmp_path).launch() as second:
        assert second.wait() == 1
        assert f"pid {first.pid}" in second.output


def test_logs_can_be_json() -> None:
    with ServerProcess("--workers", "2", env={"FOURFOLD_LOG_FORMAT": "json"}) as server:
        os.kill(workers_of(server)[0], signal.SIGKILL)
        wait_until(
            lambda: re.search(r'^\{"at":.*"level":"ERROR".*\}$', server.output, re.MULTILINE) is not None,
            20,
            "no line",
        )


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_another_user_can_run_it_too() -> None:
    """With a home of their own, closed to others, and nothing else; this directory may be closed to them."""
    nobody = pwd.getpwnam("nobody").pw_uid
    python = python_for(nobody)
    if python is None:
        pytest.skip("every Python of this version is where only root may go")
    with tempfile.TemporaryDirectory(prefix="fourfold test ", dir="/tmp") as place:
        Path(place).chmod(0o711)
        home = Path(place, "home")
        home.mkdir(mode=0o700)
        os.chown(home, nobody, nobody)
        code = copy_of_the_program(Path(place, "code"))
        environment = {"HOME": str(home), "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": "/tmp"}
        data_dir = home / ".local" / "share" / "fourfold"
        server = ServerProcess(
            data_dir=data_dir, env=environment, command=(python, "-m", "server"), cwd=code, user=nobody
        )
        with server:
            assert version_of(server.url, play(server.url)) == 10
            assert (data_dir / "postgres").stat().st_uid == nobody
            below = server.descendants()
            assert server.terminate() == 0
            wait_until_gone(below)


def read_to_the_end(page: ClientConnection) -> None:
    while True:
        page.recv(timeout=10)


def ephemeral_dir(server: ServerProcess) -> Path:
    found = re.search(r"data +(.+) \(deleted at the end\)", server.output)
    assert found
    return Path(found[1])


def server_said(server: ServerProcess) -> str:
    return f"the server said:\n{server.output}"
