"""Connect Four as a child would write it down: the second opinion about every board the server shows."""

COLUMNS = "ABCDEFG"
ROWS = 6

# Found by a search that shares nothing with the server: a full board without a line, and one whose last token wins.
TIE = "BBECDDECCFGCDECEGFBABFDEEBBGCGGGAADAFDAAFF"
WIN_ON_THE_LAST_TOKEN = "BDBDCFDAGFDBDFFAEDFGEGCBABEEACCEBFGEAAGCCG"

# Each ends with the fourth in a line: the columns, and the cells of that line.
WINS = {
    "red vertical": ("ABABABA", {"A1", "A2", "A3", "A4"}),
    "yellow vertical": ("ABABABCB", {"B1", "B2", "B3", "B4"}),
    "red horizontal, its middle last": ("AABBDDC", {"A1", "B1", "C1", "D1"}),
    "yellow horizontal": ("AEAFBGBD", {"D1", "E1", "F1", "G1"}),
    "red rising": ("ABBCDCCDDED", {"A1", "B2", "C3", "D4"}),
    "red falling": ("GFFEDEEDDCD", {"G1", "F2", "E3", "D4"}),
}


def board_after(columns: str) -> list[str]:
    """Six strings of seven, the top row first, after tokens fell into these columns, red first."""
    rows = [["."] * len(COLUMNS) for _ in range(ROWS)]
    for number, column in enumerate(columns):
        x = COLUMNS.index(column)
        lowest = max(y for y in range(ROWS) if rows[y][x] == ".")
        rows[lowest][x] = "RY"[number % 2]
    return ["".join(row) for row in rows]
