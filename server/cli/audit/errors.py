"""Why a log could not be carried off or brought in."""


class AuditError(Exception):
    """It was not done, and nothing was changed; the message says why."""


class ImportRefusedError(AuditError):
    """A line would break a promise of the log, or is not understood; nothing was imported."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"Line {line}: {what}. Nothing was imported.")
        self.line = line
