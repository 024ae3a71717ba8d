"""The result of a check."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `remedy` says how to fix it."""

    verdict: Literal["ok", "warn", "fail"]
    what: str
    remedy: str = ""
