"""The check that a run of tests leaves nothing behind can fail."""

import pytest

pytest_plugins = ["pytester"]

LEFT = {
    "descriptor": "global kept; import socket; kept = socket.socket()",
    "process": "import subprocess; subprocess.Popen(['sleep', '10'], start_new_session=True)",
    "temporary directory": "import tempfile; tempfile.mkdtemp()",
}


@pytest.mark.parametrize("what", LEFT)
def test_a_run_that_leaves_something_behind_fails(pytester: pytest.Pytester, what: str) -> None:
    """Although each of its tests has passed."""
    result = _run(pytester, LEFT[what])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*1 passed*"])
    result.stdout.fnmatch_lines(["*left something behind*", f"*{what}:*"])


def test_a_run_that_cleans_up_passes(pytester: pytest.Pytester) -> None:
    assert _run(pytester, "import tempfile; tempfile.TemporaryDirectory().cleanup()").ret == pytest.ExitCode.OK


def _run(pytester: pytest.Pytester, body: str) -> pytest.RunResult:
    pytester.makepyfile(f"def test_it():\n    {body}\n")
    return pytester.runpytest_subprocess("-p", "tests.leftovers", "-p", "no:randomly", "-p", "no:cacheprovider")
