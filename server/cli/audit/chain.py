r"""A hash chain over the log: one number that stands for every event up to a position.

Whoever can write to the database can change what is in it, whatever the database promises; but not the head of
the chain that somebody noted down elsewhere. Each event adds a link, computed over the link before it:

    link(0) = 32 zero bytes
    link(n) = SHA-256( link(n - 1)  the 32 bytes
                     + position     in decimal ASCII digits
                     + one space
                     + event        as a line of JSON in UTF-8, without a newline )

where n counts the events in the order of their positions, and the line is the one that `fourfold export` writes
(see `server.cli.audit.lines` for its exact shape, with all other columns in it). The head is written
`POSITION:HASH`, the hash in 64 hexadecimal digits. In a sound log positions are 1, 2, 3, …, so an export of the
whole log is enough to compute its head without any of this code:

    link = bytes(32)
    for position, line in enumerate(open("log.jsonl", "rb")):
        if position > 0:  # the first line is the header
            link = hashlib.sha256(link + b"%d " % position + line.rstrip(b"\n")).digest()
    print(f"{position}:{link.hex()}")
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self


@dataclass(frozen=True, slots=True)
class Head:
    """A link of the chain: the hash of the log up to a position, that one included."""

    position: int
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a head as `str` wrote it.

        Raises:
            ValueError: it is not of the form POSITION:HASH.
        """
        if not re.fullmatch(r"[0-9]{1,18}:[0-9a-fA-F]{64}", text):
            raise ValueError(text)
        position, _, digest = text.partition(":")
        return cls(int(position), bytes.fromhex(digest))

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"


NOTHING = Head(0, bytes(32))
"""The head of an empty log."""


def linked(head: Head, position: int, line: bytes) -> Head:
    """Return the head one event later."""
    return Head(position, sha256(b"%b%d %b" % (head.digest, position, line)).digest())
