"""`fourfold migrate`, `replay` and `doctor`, as somebody calls them."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.process.play import play
from tests.processes import ROOT, ServerProcess, clean_environment

TIME_S = 60.0

LAST_BOARD = """\
     6  . . . . . . .
     5  . . . . . . .
     4  R . . . . . .
     3  R Y . . . . .
     2  R Y . . . . .
     1  R Y . . . . .
        A B C D E F G
"""


def fourfold(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_S,
    )


def test_without_a_command_it_helps() -> None:
    done = fourfold()
    assert done.returncode == 0
    for command in ("serve", "migrate", "replay", "doctor"):
        assert command in done.stdout


def test_it_tells_its_version() -> None:
    assert fourfold("--version").stdout.startswith("fourfold ")


@pytest.mark.parametrize(
    "arguments", [["srve"], ["serve", "--prot", "1"], ["serve", "--por", "1"], ["replay"], ["serve", "--port", "x"]]
)
def test_what_it_does_not_understand_it_refuses_in_one_line(arguments: list[str]) -> None:
    done = fourfold(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fourfold")


def test_every_flag_is_in_the_help_with_its_variable() -> None:
    told = fourfold("serve", "--help").stdout
    for flag in ("--host", "--port", "--workers", "--database-url", "--data-dir", "--ephemeral", "--open"):
        assert flag in told
    assert "FOURFOLD_PORT" in told


def test_migrate_makes_the_schema_once(empty_database_url: str) -> None:
    first, second = (fourfold("migrate", DATABASE_URL=empty_database_url) for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert "applied 1, 2" in first.stdout
    assert "was up to date" in second.stdout


def test_migrate_refuses_a_database_from_the_future(database_url: str) -> None:
    """An old program must not write into a schema it does not know."""
    change(database_url, "INSERT INTO fourfold.migrations (number, name, checksum) VALUES (9999, 'future', 'x')")
    for command in ("migrate", "serve"):
        done = fourfold(command, DATABASE_URL=database_url)
        assert done.returncode == 1
        assert "9999" in done.stderr
        assert "Traceback" not in done.stderr


def test_replay_tells_a_game_board_by_board(tmp_path: Path) -> None:
    """The same while its server runs and after: it finds the running database, or starts it for a moment."""
    with ServerProcess(data_dir=tmp_path) as server:
        game = play(server.url)
        running = fourfold("replay", game, "--data-dir", str(tmp_path))
        by_link = fourfold("replay", f"{server.url}/games/{game}#7", "--data-dir", str(tmp_path))
        assert server.terminate() == 0
    stopped = fourfold("replay", game, "--data-dir", str(tmp_path))
    assert running.returncode == 0, running.stderr
    assert running.stdout == by_link.stdout == stopped.stdout
    told = re.findall(r"^ *(\d+)  (\w+)", running.stdout, re.MULTILINE)
    events = [(int(version), name) for version, name in told if not name.startswith("_") and len(name) > 1]
    assert [version for version, _ in events] == list(range(1, 11))
    assert [name for _, name in events] == ["GameOpened", "GameStarted", *["MoveMade"] * 7, "GameFinished"]
    assert LAST_BOARD in running.stdout
    assert "Ann" in running.stdout
    assert "PLAYER_ONE_WON by FOUR_IN_A_ROW: A1 A2 A3 A4" in running.stdout
    assert "\x1b" not in running.stdout


def test_replay_is_coloured_on_a_terminal_unless_asked_not_to(server: ServerProcess) -> None:
    game = play(server.url)
    database = {"DATABASE_URL": server.env["DATABASE_URL"]}
    assert "\x1b[31m" in on_terminal("replay", game, **database)
    assert "\x1b" not in on_terminal("replay", game, NO_COLOR="1", **database)


def test_replay_of_an_unknown_game_is_an_error(database_url: str) -> None:
    done = fourfold("replay", "nosuchgame", DATABASE_URL=database_url)
    assert done.returncode == 1
    assert "'nosuchgame'" in done.stderr
    assert done.stdout == ""


def test_replay_does_not_make_a_database(tmp_path: Path) -> None:
    done = fourfold("replay", "nosuchgame", "--data-dir", str(tmp_path / "new"))
    assert done.returncode == 1
    assert "no database" in done.stderr
    assert not (tmp_path / "new").exists()


def test_doctor_finds_nothing_wrong_with_a_running_server(tmp_path: Path) -> None:
    with ServerProcess(data_dir=tmp_path):
        done = fourfold("doctor", "--data-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout
    for part in ("schema at migration", "role fourfold_app", "notifications arrive", "PostgreSQL's programs"):
        assert f"ok    {part}" in done.stdout


def test_doctor_changes_nothing_where_nothing_is(tmp_path: Path) -> None:
    done = fourfold("doctor", "--data-dir", str(tmp_path / "new"))
    assert done.returncode == 0, done.stdout
    assert not (tmp_path / "new").exists()


def test_doctor_says_that_migrations_are_pending(empty_database_url: str) -> None:
    done = fourfold("doctor", DATABASE_URL=empty_database_url)
    assert done.returncode == 0
    assert "pending" in done.stdout
    assert "→ fourfold migrate" in done.stdout


def test_doctor_fails_when_the_database_is_away() -> None:
    done = fourfold("doctor", DATABASE_URL="postgresql://me:hush-hush@127.0.0.1:1/games")
    assert done.returncode == 1
    assert "fail  database postgresql://me:***@127.0.0.1:1/games" in done.stdout
    assert "hush-hush" not in done.stdout


def test_doctor_fails_when_others_may_read_the_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 64)
    (tmp_path / "secret").chmod(0o644)
    done = fourfold("doctor", "--data-dir", str(tmp_path), FOURFOLD_SECRET="")
    assert done.returncode == 1
    assert "0644" in done.stdout


def on_terminal(*arguments: str, **environment: str) -> str:
    """Run it on a terminal and return what that showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=clean_environment() | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that the other side has closed
        pass
    finally:
        os.close(ours)
        process.wait(TIME_S)
    return shown.decode()


def change(url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def test_the_lobby_is_rebuilt_from_the_log(server: ServerProcess, shared_database_url: str) -> None:
    """While the server runs; what the lobby holds is tested with the projection."""
    play(server.url, "AB")
    done = fourfold("rebuild", DATABASE_URL=shared_database_url)
    assert done.returncode == 0, done.stderr
    assert "rebuilt up to position" in done.stdout
