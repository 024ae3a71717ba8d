"""The audit commands as an operator calls them: real processes, their output and their exit codes."""

import re
import subprocess
import sys
from asyncio import to_thread
from pathlib import Path

from server.database.sessions import Connection
from tests.audit.tampering import tamper
from tests.processes import ROOT, clean_environment

Process = subprocess.CompletedProcess[bytes]


async def fourfold(url: str, *arguments: str, stdin: bytes = b"") -> Process:
    """Carry out a command on a database; nothing it is given or prints to is a terminal."""
    return await to_thread(
        subprocess.run,
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=clean_environment() | {"DATABASE_URL": url},
        input=stdin,
        capture_output=True,
        timeout=60,
    )


def names_in(directory: Path) -> list[str]:
    return [entry.name for entry in directory.iterdir()]


async def test_a_sound_log_ends_with_0_and_its_head_as_the_last_line(played: str) -> None:
    process = await fourfold(played, "verify")
    assert process.returncode == 0, process.stderr
    head = process.stdout.decode().splitlines()[-1]
    assert re.fullmatch(r"17:[0-9a-f]{64}", head)
    assert b"events/s" in process.stdout
    assert process.stderr == b"", "progress is for terminals"
    assert b"\x1b" not in process.stdout
    assert (await fourfold(played, "verify", "--expect", head)).returncode == 0


async def test_findings_end_with_1_and_without_a_head(played: str, owner: Connection) -> None:
    head = (await fourfold(played, "verify")).stdout.decode().splitlines()[-1]
    await tamper(owner, "UPDATE fourfold.events SET recorded_at = recorded_at - interval '1 us' WHERE position = 3")
    process = await fourfold(played, "verify", "--expect", head)
    assert process.returncode == 1
    assert not re.search(rb"^\d+:", process.stdout, re.MULTILINE)


async def test_a_head_that_is_none_is_misuse(played: str) -> None:
    process = await fourfold(played, "verify", "--expect", "17:abc")
    assert process.returncode == 2
    assert process.stderr.count(b"\n") == 1
    assert b"POSITION:HASH" in process.stderr


async def test_export_and_import_through_pipes_and_files(played: str, target_url: str, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    piped = await fourfold(played, "export")
    filed = await fourfold(played, "export", "--output", str(file))
    assert (piped.returncode, filed.returncode) == (0, 0)
    assert file.read_bytes() == piped.stdout
    assert filed.stdout == b""
    assert names_in(tmp_path) == [file.name]
    imported = await fourfold(target_url, "import", "-", stdin=piped.stdout)
    assert imported.returncode == 0, imported.stderr
    assert b"positions 1 to 17" in imported.stdout
    assert (await fourfold(target_url, "export")).stdout == piped.stdout
    again = await fourfold(target_url, "import", str(file))
    assert again.returncode == 1
    assert again.stderr.startswith(b"fourfold: Line 2: ")


async def test_one_game_is_exported_by_its_id(played: str) -> None:
    process = await fourfold(played, "export", "resigned")
    assert process.returncode == 0
    assert process.stdout.count(b'"game":"resigned"') == len(process.stdout.splitlines()) - 1 == 6


async def test_what_cannot_be_done_ends_with_1_and_one_clear_line(played: str, tmp_path: Path) -> None:
    for arguments in (
        ("export", "unknown"),
        ("export", "--output", str(tmp_path / "no" / "such" / "directory")),
        ("import", str(tmp_path / "missing.jsonl")),
        ("import", str(tmp_path)),
        ("import", "-"),
    ):
        process = await fourfold(played, *arguments)
        assert process.returncode == 1, arguments
        assert process.stderr.startswith(b"fourfold: "), process.stderr
        assert process.stderr.count(b"\n") == 1


async def test_a_database_that_is_away_ends_with_1(tmp_path: Path) -> None:
    nowhere = "postgresql://nobody:secret@127.0.0.1:1/none"
    for arguments in (("verify",), ("export",), ("import", "-")):
        process = await fourfold(nowhere, *arguments)
        assert process.returncode == 1
        assert process.stderr.count(b"\n") == 1
        assert b"secret" not in process.stderr


async def test_no_half_file_is_left_when_the_export_fails(played: str, tmp_path: Path) -> None:
    process = await fourfold(played, "export", "unknown", "--output", str(tmp_path / "log.jsonl"))
    assert process.returncode == 1
    assert names_in(tmp_path) == []


async def test_the_help_says_that_names_are_not_exported(played: str) -> None:
    """Names are personal: whoever hands an export on should know what is in it."""
    process = await fourfold(played, "export", "--help")
    assert b"names" in process.stdout
