"""What tests take out of docker-compose.yml."""

from pathlib import Path
from typing import Any

import yaml

from tests.processes import ROOT

COMPOSE = ROOT / "docker-compose.yml"


def read_compose(path: Path = COMPOSE) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def proxy_configuration(compose: dict[str, Any]) -> str:
    content: str = compose["configs"]["balancer"]["content"]
    return content
