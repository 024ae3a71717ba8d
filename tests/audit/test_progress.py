"""Who waits for a long log sees how far it is; a pipe sees nothing."""

from io import StringIO

from server.cli.audit.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def count_to_a_thousand(screen: StringIO) -> str:
    now = iter(range(100))
    with Progress("verified", 1000, screen, clock=lambda: next(now)) as progress:
        progress.add(250)
        progress.add(750)
    return screen.getvalue()


def test_a_terminal_shows_how_far_it_is_and_is_clean_afterwards() -> None:
    shown = count_to_a_thousand(Terminal())
    assert "(25 %)" in shown
    assert "(100 %)" in shown
    assert shown.endswith("\r\x1b[K")


def test_a_pipe_gets_nothing() -> None:
    assert count_to_a_thousand(StringIO()) == ""
