"""Settings: where they come from, and how wrong ones are refused."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import pytest

from server.settings.options import OPTIONS, markdown_table
from server.settings.secret_key import existing_key, signing_key
from server.settings.settings import Settings, SettingsError, read_settings
from tests.processes import ROOT

WRONG = {
    "FOURFOLD_HOST": ["a b", "http://x", "a..b", ".", "h:80", "[::1]", "1::2::3", "x" * 64, ".".join(["x"] * 128)],
    "FOURFOLD_PORT": ["x", "-1", "65536", "8000.0", "٨٠٠٠", "1e3"],
    "FOURFOLD_WORKERS": ["0", "65", "two"],
    "DATABASE_URL": [
        "mysql://u:hush-hush@h/d",
        "localhost",
        "postgresql:fourfold",
        "postgresql://u:hush-hush@h:abc/d",
    ],
    "FOURFOLD_OWNER_DATABASE_URL": ["http://x/y", "postgresql://u:hush-hush?@h/d"],
    "FOURFOLD_DATA_DIR": ["/etc/passwd", "/etc/passwd/below", "~nobody-of-this-name/x", "x" * 300],
    "FOURFOLD_EPHEMERAL": ["maybe", "2"],
    "FOURFOLD_OPEN": ["ja"],
    "FOURFOLD_SECRET": ["hush-hush", "x" * 31, "\udcff" * 40],
    "FOURFOLD_ORIGINS": [
        *("example.org", "https://example.org/", "https://*", "ftp://x", "https://A.org", "null"),
        *("https://x:65536", "http://[:::]"),
    ],
    "FOURFOLD_TRUSTED_PROXIES": ["proxy", "10.0.0.0/33", "10.0.0.1,,"],
    "FOURFOLD_MAX_CONNECTIONS": ["0", "many"],
    "FOURFOLD_LOG_FORMAT": ["xml"],
}


def test_every_setting_has_exactly_one_option() -> None:
    assert [option.name for option in OPTIONS] == [field.name for field in fields(Settings)]


@pytest.mark.parametrize(("variable", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_wrong_value_is_refused_by_name(variable: str, value: str) -> None:
    """The message names the setting and what it accepts; it doesn't repeat a secret."""
    with pytest.raises(SettingsError) as refusal:
        read_settings({}, {variable: value})
    assert variable in str(refusal.value)
    assert "expected" in str(refusal.value)
    assert "hush-hush" not in str(refusal.value)


def test_every_option_is_tried_with_a_wrong_value() -> None:
    assert {option.variable for option in OPTIONS} == WRONG.keys()


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    environment = {"FOURFOLD_PORT": "9000", "FOURFOLD_HOST": "0.0.0.0"}
    assert read_settings({"port": "9001"}, environment).port == 9001
    assert read_settings({"port": None}, environment).port == 9000
    assert read_settings({}, {}).port == 8000


def test_an_empty_variable_counts_as_absent() -> None:
    """Compose files and shells pass empty variables for what is not set."""
    assert read_settings({}, dict.fromkeys((option.variable for option in OPTIONS), "")) == read_settings({}, {})


@pytest.mark.parametrize(
    "environment",
    [
        {"FOURFOLD_EPHEMERAL": "yes", "DATABASE_URL": "postgresql://h/d"},
        {"FOURFOLD_OWNER_DATABASE_URL": "postgresql://h/d"},
    ],
)
def test_settings_that_contradict_each_other_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        read_settings({}, environment)


@pytest.mark.parametrize(("variable", "value"), [("PGPORT", "abc"), ("PGPORT", "0"), ("PGHOST", "a,,b")])
def test_a_wrong_variable_of_the_driver_is_refused_by_name(variable: str, value: str) -> None:
    """The driver fills gaps in an address from the environment, and fails when these are malformed."""
    with pytest.raises(SettingsError, match=variable):
        read_settings({}, {"DATABASE_URL": "postgresql://u@/d", variable: value})


def test_a_deleted_working_directory_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted = tmp_path / "deleted"
    deleted.mkdir()
    monkeypatch.chdir(deleted)
    deleted.rmdir()
    assert read_settings({}, {}).data_dir.is_absolute()


def test_racing_processes_get_the_same_new_key(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "new")
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: signing_key(settings), range(64)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
    assert stat.S_IMODE((settings.data_dir / "secret").stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    signing_key(settings)
    (tmp_path / "secret").chmod(0o640)
    with pytest.raises(SettingsError, match="0640"):
        signing_key(settings)


def test_looking_for_a_key_makes_none(tmp_path: Path) -> None:
    assert existing_key(settings_in(tmp_path / "new")) is None
    assert list(tmp_path.iterdir()) == []


def test_the_configured_secret_is_used_and_none_is_made(tmp_path: Path) -> None:
    assert signing_key(replace(settings_in(tmp_path), secret="s" * 32)) == b"s" * 32
    assert list(tmp_path.iterdir()) == []


def test_every_setting_is_in_the_readme() -> None:
    """Its table is the output of `python -m server.settings.options`."""
    assert markdown_table() in (ROOT / "README.md").read_text()


def settings_in(data_dir: Path) -> Settings:
    return read_settings({"data_dir": str(data_dir)}, {})
