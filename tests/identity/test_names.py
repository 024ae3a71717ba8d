"""A name shows as what it is, in one short line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.identity.names import MAX_BYTES, MAX_CHARACTERS, InvalidNameError, normalized_name


@given(st.text(max_size=300))
def test_any_text_becomes_a_safe_name_or_is_refused(raw: str) -> None:
    try:
        name = normalized_name(raw)
    except InvalidNameError:
        return
    assert 1 <= len(name) <= MAX_CHARACTERS
    assert len(name.encode()) <= MAX_BYTES
    assert unicodedata.is_normalized("NFC", name)
    assert normalized_name(name) == name
    assert not {unicodedata.category(character) for character in name} & {"Cc", "Cf", "Cs", "Co", "Cn"}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Ann", "Ann"),
        ("  Ann   Lee ", "Ann Lee"),
        ("Zoe\u0308", "Zoë"),
        ("王小明", "王小明"),
        ("🙂", "🙂"),
        ("<b>", "<b>"),
    ],
)
def test_what_people_are_called_is_kept(raw: str, name: str) -> None:
    assert normalized_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "\u3000",
        "a\nb",
        "a\0b",
        "\u202eevil",
        "a\u200bb",
        "\ufeffa",
        "\ud800",
        "An\u034fn",
        "\u2800",
        "\u3164",
        "A\ufe0fnn",
        "a" * 41,
        "王" * 41,
        "x" * 10**6,
    ],
)
def test_what_could_hide_or_fake_is_refused(raw: str) -> None:
    with pytest.raises(InvalidNameError):
        normalized_name(raw)
