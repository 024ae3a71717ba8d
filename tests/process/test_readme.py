"""What the README tells people to type, typed."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.process.play import move, open_game, seat
from tests.processes import ROOT, ServerProcess, wait_until

README = (ROOT / "README.md").read_text(encoding="utf-8")
TIME_S = 60.0


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


def events_of(server: ServerProcess, game: str) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{server.url}/api/games/{game}/events", timeout=10) as answer:
        events: list[dict[str, object]] = json.load(answer)["events"]
        return events


def test_the_lines_for_curl_play_a_move(server: ServerProcess, tmp_path: Path) -> None:
    assert shutil.which("curl"), "this test types what the README says: install curl"
    script = block("sh", "api=").replace("http://127.0.0.1:8000", server.url)
    *lines, streaming = script.strip().splitlines()
    done = subprocess.run(
        ["bash", "-euc", "\n".join([*lines, "echo", "echo $game"])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=TIME_S,
    )
    game = done.stdout.split()[-1]
    assert [event["type"] for event in events_of(server, game)] == ["GameOpened", "GameStarted", "MoveMade"]
    assert '"board":["......."' in done.stdout
    # The last line listens until it is stopped: curl gives up after two seconds here, and says so with code 28.
    listening = streaming.replace("curl ", "curl --max-time 2 ").replace("$api", f"{server.url}/api")
    heard = subprocess.run(
        ["bash", "-c", listening.replace("$game", game)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIME_S,
    )
    assert heard.returncode == 28, heard.stderr
    assert heard.stdout.count("\ndata: ") == 3


def test_the_client_in_python_answers_a_move(server: ServerProcess, tmp_path: Path) -> None:
    program = block("python", "websockets").replace("ws://127.0.0.1:8000/ws", server.ws_url)
    assert len(program.splitlines()) <= 20
    (tmp_path / "client.py").write_text(program, encoding="utf-8")
    ann, bob = seat(server.url, "Ann"), seat(server.url, "Bob")
    game, version = open_game(ann, bob)
    client = subprocess.Popen(
        [sys.executable, "client.py", bob.token, game], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    try:
        move(ann, game, version, "C")
        wait_until(lambda: len(events_of(server, game)) == version + 2, TIME_S, "the client did not answer")
    finally:
        client.kill()
        client.wait()
    assert [event["data"]["column"] for event in events_of(server, game)[-2:]] == ["C", "C"]  # type: ignore[index]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?:server|static|\.readme)[^)#]*)\)", README))))
def test_what_the_readme_links_to_is_there(path: str) -> None:
    assert (ROOT / path).exists()
