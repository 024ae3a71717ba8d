"""The Makefile on a machine that has nothing yet, and what the locks promise."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.process.play import play
from tests.processes import ROOT, ServerProcess, clean_environment, wait_until_gone

PARTS = ("Makefile", "pyproject.toml", "README.md", "LICENSE", "server", "static", ".requirements")


@pytest.mark.timeout(600)
def test_a_clone_with_a_long_path_with_spaces_installs_and_plays(tmp_path: Path) -> None:
    """With an empty home; as root also where nobody else may go. A second run has nothing to do."""
    home, clone = tmp_path / "home", tmp_path.joinpath("a clone", *["of a rather long name"] * 8)
    home.mkdir()
    clone.mkdir(parents=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, clone / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, clone)
    environment = clean_environment() | {"HOME": str(home)}
    first, second = (make("install", clone, environment) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stdout + first.stderr
    assert "Installing" in first.stdout
    assert "Installing" not in second.stdout
    with ServerProcess(command=(str(clone / ".venv/bin/fourfold"),), cwd=home, env={"HOME": str(home)}) as server:
        below = server.descendants()
        play(server.url)
        assert server.terminate() == 0
        wait_until_gone(below)


def test_make_alone_lists_what_can_be_done() -> None:
    told = make("", ROOT, clean_environment()).stdout
    for target in ("run", "install", "test", "check", "format", "clean"):
        assert re.search(rf"^  {target} +\S", told, re.MULTILINE)


def test_a_python_that_is_too_old_is_refused_by_name(tmp_path: Path) -> None:
    """Before anything is installed."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".requirements").mkdir()
    (tmp_path / ".requirements" / "run.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\ntest "$1" = --version && echo Python 3.9.1\nexit 1\n')
    old.chmod(0o755)
    done = make("install", tmp_path, clean_environment(), f"PYTHON={old}")
    assert done.returncode != 0
    assert "3.11 or later is needed" in done.stdout
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_everything_that_is_asked_for_is_locked_by_hash_and_without_an_address(lock: str) -> None:
    locked = (ROOT / ".requirements" / lock).read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["embedded"]]
    asked += project["dependency-groups"]["build"]
    asked += project["dependency-groups"]["dev"] if lock == "dev.txt" else []
    pins = dict(re.findall(r"^(\S+)==(\S+).*\\$", locked, re.MULTILINE))
    names = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in asked}
    assert names - pins.keys() == set(), "run `make lock`"
    assert locked.count("--hash=sha256:") >= len(pins)
    assert "://" not in locked


def test_both_locks_agree() -> None:
    """Otherwise the tests would try other versions than those that run."""
    run, dev = (
        dict(re.findall(r"^(\S+)==(\S+)", (ROOT / ".requirements" / lock).read_text(), re.MULTILINE))
        for lock in ("run.txt", "dev.txt")
    )
    assert run.items() <= dev.items()


def make(
    target: str, directory: Path, environment: dict[str, str], *variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run make as from a shell, not as from the make that may run these tests."""
    own = {
        name: value for name, value in environment.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV"}
    }
    return subprocess.run(
        ["make", *([target] if target else []), *variables],
        cwd=directory,
        env=own | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
