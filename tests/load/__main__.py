"""The command of the load tests."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from tests.load.arguments import check, command_line, parser
from tests.load.compare import compare
from tests.load.generators import RunError
from tests.load.html import as_html
from tests.load.report import Report, ReportError, read_report, write_report
from tests.load.session import Session
from tests.load.target import TargetError
from tests.load.text import as_text

BROKEN: Final = 1
IMPOSSIBLE: Final = 2
INVALID: Final = 3
INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a scenario, print its report, and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    whole = parser()
    arguments = whole.parse_args(argv)
    try:
        if arguments.command == "compare":
            print(compare(read_report(arguments.before), read_report(arguments.after)))
            return 0
        if wrong := check(arguments):
            whole.error(wrong)
        report = Session(arguments, command_line(argv)).run()
    except (ReportError, TargetError, RunError) as error:
        sys.stderr.write(f"{error}\n")
        return IMPOSSIBLE
    except (KeyboardInterrupt, asyncio.CancelledError):  # before there was anything to report, or a second time
        return INTERRUPTED
    _write(report, arguments)
    print(as_text(report))
    if report.missed or not report.verdict.is_passed:
        return BROKEN
    return 0 if report.is_valid else INVALID


def _write(report: Report, arguments: argparse.Namespace) -> None:
    if arguments.json:
        write_report(report, arguments.json)
    if arguments.html:
        arguments.html.write_text(as_html(report), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
