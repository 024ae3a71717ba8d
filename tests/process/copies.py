"""The program and what it needs, where any user can read it: a checkout may be closed to others."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.processes import ROOT


def copy_of_the_program(target: Path) -> Path:
    """Copy the code and all packages that it needs to run, readable by everybody; `target` is for PYTHONPATH."""
    for part in ("server", "static"):
        shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    for package in runtime_packages():
        for file in package.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target / file)
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))
    return target


def runtime_packages() -> list[Distribution]:
    """Every package that the server needs, with its own PostgreSQL, and those that these need."""
    found: dict[str, Distribution] = {}
    names = list(needed_by(distribution("fourfold"), "embedded"))
    while names:
        package = distribution(names.pop())
        if package.name not in found:
            found[package.name] = package
            names += needed_by(package)
    return list(found.values())


def needed_by(package: Distribution, extra: str = "") -> Iterator[str]:
    for line in package.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement.name


def python_for(user: int) -> str | None:
    """A Python of the version that runs this, which this user can run too."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    program = "import sys; print(f'{sys.version_info[0]}.{sys.version_info[1]}')"
    of_the_system = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    for python in (sys.executable, str(Path(sys.executable).resolve()), of_the_system):
        if python and answer(python, program, user) == version:
            return python
    return None


def answer(python: str, program: str, user: int) -> str:
    try:
        return subprocess.check_output(
            [python, "-I", "-c", program], user=user, group=user, extra_groups=[], cwd="/", text=True
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
