"""Reads a QR code as a scanner does once it has the modules (ISO/IEC 18004), for versions 1 to 5 at level L.

Written from the standard's side of the reader: it knows nothing of how the page draws one.
"""

from collections.abc import Callable

FORMAT_MASK = 0b101010000010010
DATA_BYTES = {1: 19, 2: 34, 3: 55, 4: 80, 5: 108}
CHECK_BYTES = {1: 7, 2: 10, 3: 15, 4: 20, 5: 26}
MASKS: dict[int, Callable[[int, int], bool]] = {
    0: lambda row, column: (row + column) % 2 == 0,
    1: lambda row, _: row % 2 == 0,
    2: lambda _, column: column % 3 == 0,
    3: lambda row, column: (row + column) % 3 == 0,
    4: lambda row, column: (row // 2 + column // 3) % 2 == 0,
    5: lambda row, column: row * column % 2 + row * column % 3 == 0,
    6: lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    7: lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
}


def read(modules: list[list[bool]]) -> str:
    """Return the text of a code given as rows of dark modules, without its quiet zone."""
    size = len(modules)
    version = (size - 17) // 4
    level, mask = _format(modules)
    assert level == 0b01, "error correction level L"
    codewords = _codewords(modules, version, mask)[: DATA_BYTES[version] + CHECK_BYTES[version]]
    assert _is_sound(codewords, CHECK_BYTES[version]), "the check bytes do not fit the data"
    bits = "".join(f"{byte:08b}" for byte in codewords)
    assert bits[:4] == "0100", "byte mode"
    length = int(bits[4:12], 2)
    return bytes(int(bits[12 + 8 * i : 20 + 8 * i], 2) for i in range(length)).decode()


def _format(modules: list[list[bool]]) -> tuple[int, int]:
    """Return level and mask from both copies of the format information, which must agree."""
    size = len(modules)
    beside = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    apart = [(size - 1 - i, 8) for i in range(7)] + [(8, size - 8 + i) for i in range(8)]
    first, second = (
        int("".join(str(int(modules[row][column])) for row, column in place), 2) for place in (beside, apart)
    )
    assert first == second, "the two copies of the format differ"
    bits = (first ^ FORMAT_MASK) >> 10
    return bits >> 3, bits & 0b111


def _codewords(modules: list[list[bool]], version: int, mask: int) -> list[int]:
    size = len(modules)
    rights = [*range(size - 1, 6, -2), 5, 3, 1]  # the column of the timing pattern is passed over
    upward, downward = range(size - 1, -1, -1), range(size)
    places = [
        (row, column)
        for turn, right in enumerate(rights)
        for row in (downward if turn % 2 else upward)
        for column in (right, right - 1)
        if not _is_function(row, column, version, size)
    ]
    bits = [modules[row][column] != MASKS[mask](row, column) for row, column in places]
    return [int("".join(str(int(bit)) for bit in bits[i : i + 8]), 2) for i in range(0, len(bits) - 7, 8)]


def _is_function(row: int, column: int, version: int, size: int) -> bool:
    finder = (row < 9 and column < 9) or (row < 9 and column >= size - 8) or (row >= size - 8 and column < 9)
    timing = 6 in (row, column)
    middle = size - 7
    alignment = version > 1 and abs(row - middle) <= 2 and abs(column - middle) <= 2
    return finder or timing or alignment


def _is_sound(codewords: list[int], checks: int) -> bool:
    """Whether the polynomial of the codewords has all the roots of a Reed-Solomon code in GF(256)."""
    return all(_value(codewords, _power(2, root)) == 0 for root in range(checks))


def _value(codewords: list[int], at: int) -> int:
    total = 0
    for codeword in codewords:
        total = _product(total, at) ^ codeword
    return total


def _power(base: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = _product(result, base)
    return result


def _product(left: int, right: int) -> int:
    result = 0
    while right:
        if right & 1:
            result ^= left
        left <<= 1
        if left & 0x100:
            left ^= 0x11D
        right >>= 1
    return result
