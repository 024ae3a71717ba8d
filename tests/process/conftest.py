"""What the process tests share."""

from typing import Any

import pytest

from tests.process.compose import read_compose


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    return read_compose()
