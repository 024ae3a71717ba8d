"""Short runs through the command, as somebody calls it: every scenario plays, checks, reports, and cleans up."""

import asyncio
import re
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.load.__main__ import BROKEN, IMPOSSIBLE, INVALID, main
from tests.load.arguments import options_of, parser
from tests.load.calling import SHORT, Called, call, launch, report_in
from tests.load.report import read_report
from tests.load.running import Run
from tests.load.target import existing
from tests.processes import ServerProcess, descendants, wait_until_gone

PROBES = ("stale", "ahead", "out of turn", "full column", "stranger", "guest", "again", "after the end")
GAMES, SOCKETS_OF_A_GAME = 10, 10


@pytest.fixture
def against(server: ServerProcess, shared_database_url: str, tmp_path: Path) -> Callable[..., Called]:
    """Calls a scenario against the server that all tests share."""
    where = ("--url", server.url, "--database-url", shared_database_url, *SHORT)
    return lambda *arguments: call(tmp_path, *arguments, *where)


def test_games_on_two_servers_with_much_mischief(tmp_path: Path) -> None:
    """Every kind of thing that must be refused is tried and refused, between moves that are made."""
    asserted = ("--assert", "accepted.p99<5s", "--assert", "counts.moves>=100", "--assert", "elsewhere.n>0")
    size = ("--games", "20", "--seconds", "2", "--workers", "2", "--mischief", "0.3")
    report = call(tmp_path, "games", *size, *SHORT, *asserted).assert_kept()
    assert {f"probe {kind}" for kind in PROBES} <= report.counts.keys()
    assert report.verdict.checked["states"] > 0
    assert report.resources.keys() == {"server 1", "server 2", "database", "generator 1"}
    assert len(report.timeline) >= 2


def test_a_race_has_losers(tmp_path: Path) -> None:
    """At two servers, since within one the losers might lose to memory only, and never to the database."""
    size = ("--games", "4", "--seconds", "1", "--workers", "2")
    report = call(tmp_path, "race", *size, *SHORT).assert_kept()
    assert report.counts["moves"] > 0
    assert report.counts["refused wrong_expected_version"] > report.counts["moves"]
    assert report.counts["refused not_your_turn"] > 0


def test_after_a_storm_everybody_is_back_and_each_game_was_read_once(tmp_path: Path) -> None:
    """Not once for each of its sockets: that is what takes a database down when a server comes back.

    Read are games that are watched, a state that is asked for, and games in which a command was under way: it is
    looked for in the log when it is asked for again.
    """
    size = ("--games", str(GAMES), "--watchers", str(SOCKETS_OF_A_GAME - 2), "--states", "0", "--seconds", "5")
    report = call(tmp_path, "storm", *size, *SHORT, "--rate", "50", "--assert", "resume.n>=1").assert_kept()
    sockets, checked = GAMES * SOCKETS_OF_A_GAME, report.verdict.checked
    assert report.latencies["resume"].n > sockets
    assert report.counts["reads of games"] <= checked["games"] + checked["states"] + GAMES < sockets


def test_a_hot_game_goes_on_although_some_never_read(against: Callable[..., Called]) -> None:
    report = against("hot", "--watchers", "50", "--mute", "5", "--seconds", "2").assert_kept()
    assert report.verdict.checked["observers"] >= 52
    assert report.counts["moves"] > 10
    assert report.rates["deliveries while fanning out"] > 0


def test_in_chaos_servers_are_killed_and_no_promise_is_broken(tmp_path: Path) -> None:
    """A kill comes every five seconds, so that there is one here; whose sockets were lost came back."""
    size = ("--games", "20", "--seconds", "7", "--workers", "2")
    report = call(tmp_path, "chaos", *size, *SHORT, "--rate", "100").assert_kept()
    assert report.counts["lost connections"] > 0
    assert report.latencies["resume"].n > 0


def test_ctrl_c_ends_in_order_with_a_report_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """An hour of measuring must not be lost because somebody has seen enough; nor may servers go on for ever."""
    process = launch(tmp_path, "games", "--games", "5", "--seconds", "600", *SHORT, "--rate", "50")
    assert process.stderr is not None
    while "measuring" not in (line := process.stderr.readline()):
        assert line, "it ended before it measured"
    below = descendants(process.pid)
    directories = directories_of(below)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    wait_until_gone(below)
    assert process.returncode in (0, INVALID), output + errors
    report = read_report(report_in(tmp_path))
    assert report.verdict.is_passed
    assert report.verdict.checked["games"] >= 5
    assert report.seconds < 60
    assert len(below) >= 3  # a server, a generator, the database
    assert directories
    assert not any(directory.exists() for directory in directories)


async def test_a_run_that_is_stopped_before_it_begins_ends_at_once(
    server: ServerProcess, shared_database_url: str
) -> None:
    """So does each measurement of a search that goes on after Ctrl-C."""
    options = options_of(parser().parse_args(["games", "--games", "2", "--seconds", "600", "--warm-up", "600"]))
    run = Run(options, existing(server.url, shared_database_url, is_far_allowed=False), 1)
    run.stop()
    async with asyncio.timeout(60):
        report = await run.report("")
    assert report.seconds < 60
    assert report.verdict.is_passed


def test_ctrl_c_ends_a_run_that_cannot_even_begin(tmp_path: Path) -> None:
    """Nobody answers there, so it connects for ever; the person at the keyboard has the last word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = launch(tmp_path, "games", "--url", url, "--games", "5", *SHORT)
        assert process.stderr is not None
        while "connecting" not in (line := process.stderr.readline()):
            assert line, "it ended before it was asked to"
        below = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    wait_until_gone(below)
    assert process.returncode == INVALID, output + errors


def test_more_sockets_than_files_may_be_open_are_made_room_for(tmp_path: Path) -> None:
    """The usual limit is 1,024, of which a process may ask for more by itself."""
    size = ("--games", "8", "--watchers", "6", "--seconds", "1")
    call(tmp_path, "games", *size, *SHORT, open_files=(64, 4096)).assert_kept()


def test_more_sockets_than_the_system_allows_are_refused(tmp_path: Path) -> None:
    called = call(tmp_path, "games", "--games", "500", open_files=(64, 1024))
    assert called.code == IMPOSSIBLE
    assert "1,700 open files" in called.errors
    assert "--games" in called.errors


def test_a_report_is_written_shown_and_compared(
    against: Callable[..., Called], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    called = against("games", "--games", "5", "--seconds", "1", "--rate", "100", "--html", str(page))
    report = called.assert_kept()
    assert called.output.startswith("PASSED")
    assert page.read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert f"python -m tests.load {report.scenario} --games 5" in report.command
    assert main(["compare", str(called.json), str(called.json)]) == 0
    compared = capsys.readouterr().out
    assert "NOT LIKE WITH LIKE" not in compared
    assert re.search(r"accepted p99.* 1\.00", compared)


def test_a_missed_assertion_fails_the_run_and_says_what_came(against: Callable[..., Called]) -> None:
    called = against(
        "games", "--games", "5", "--seconds", "1", "--rate", "100", "--assert", "counts.moves>=1000000"
    )
    assert called.code == BROKEN
    [missed] = called.report.missed
    assert f"it was {called.report.counts['moves']}." in missed
    assert called.report.verdict.is_passed


def test_a_server_elsewhere_is_not_put_under_load_by_accident(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip in an address must not take somebody's server down."""
    assert main(["games", "--url", "http://example.com"]) == IMPOSSIBLE
    said = capsys.readouterr().err
    assert "example.com" in said
    assert "--allow-remote" in said


@pytest.mark.parametrize("url", ["example", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["games", "--url", url]) == IMPOSSIBLE
    assert "--url" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        ("games --rate 0", "--rate"),
        ("games --rate -5", "--rate"),
        ("games --rate inf", "--rate"),
        ("games --rate fast", "--rate"),
        ("games --seconds 5d", "--seconds"),
        ("games --games 0", "--games"),
        ("games --games many", "--games"),
        ("games --mischief 1.5", "--mischief"),
        ("games --arrivals sometimes", "--arrivals"),
        ("games --server other", "--server"),
        ("race --sockets 1", "--sockets"),
        ("games --assert accepted.p99", "--assert"),
        ("games --assert accepted.p99<50km", "--assert"),
        ("games --slo quick", "--slo"),
        ("games --find-max", "--slo"),
        ("games --url http://127.0.0.1:1 --workers 2", "--workers"),
        ("games --database-url postgresql://x", "--url"),
        ("games --allow-remote", "--url"),
        ("games --games 2 --generators 3", "generator"),
        ("hot --generators 2", "generator"),
        ("games --html no/such/directory/report.html", "--html"),
        ("games --nonsense", "--nonsense"),
        ("dance", "dance"),
    ],
)
def test_a_wrong_flag_is_named(arguments: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2: in CI that is a mistake of who wrote the line, not a slow server."""
    with pytest.raises(SystemExit) as exit_info:
        main(arguments.split())
    assert exit_info.value.code == IMPOSSIBLE
    assert flag in capsys.readouterr().err.splitlines()[-1]


def test_a_report_that_is_none_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.json").write_text("{}")
    for path in ("other.json", "missing.json"):
        assert main(["compare", str(tmp_path / path), str(tmp_path / path)]) == IMPOSSIBLE
        assert path in capsys.readouterr().err


def directories_of(pids: list[int]) -> set[Path]:
    """The directories that load tests have made for their databases, among those in which these processes work."""
    found = set()
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):  # some processes of a database come and go
            found |= set(Path(f"/proc/{pid}/cwd").readlink().parents)
    return {directory for directory in found if directory.name.startswith("fourfold-load-")}
