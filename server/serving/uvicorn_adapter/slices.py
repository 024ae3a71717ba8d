"""Bytes that arrived together, parsed a slice at a time, so that a flood on one connection delays no other.

One read brings up to 256 KiB. Parsed in one callback, 43,000 empty frames would stall everybody for seconds.
"""


class Slices:
    """The bytes of one connection that have arrived and are not parsed yet."""

    __slots__ = ("_data", "_offset", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._data = b""
        self._offset = 0

    def __len__(self) -> int:
        return len(self._data) - self._offset

    def add(self, data: bytes) -> None:
        """Keep what arrived."""
        self._data = self._data[self._offset :] + data
        self._offset = 0

    def next(self) -> bytes:
        """Return the next slice; empty when there is none."""
        begin, self._offset = self._offset, min(self._offset + self._size, len(self._data))
        found = self._data[begin : self._offset]
        if self._offset == len(self._data):
            self.clear()
        return found

    def clear(self) -> None:
        """Drop everything."""
        self._data, self._offset = b"", 0
