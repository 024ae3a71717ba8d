"""A token proves one player under one key, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.vocabulary import PlayerId
from server.identity.tokens import Tokens

TOKENS = Tokens(b"a key for tests")
ANN = PlayerId("a00b04b2f6a42248")


def test_a_token_proves_its_player() -> None:
    assert TOKENS.player_of(TOKENS.issue(ANN)) == ANN


def test_a_token_of_another_key_proves_nothing() -> None:
    assert Tokens(b"another key").player_of(TOKENS.issue(ANN)) is None


@given(st.text(max_size=100))
def test_no_made_up_token_proves_anything(token: str) -> None:
    assert TOKENS.player_of(token.encode(errors="replace").decode()) is None


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_a_token_changed_anywhere_proves_nothing(place: int) -> None:
    token = TOKENS.issue(ANN)
    other = "A" if token[place] != "A" else "B"
    assert TOKENS.player_of(token[:place] + other + token[place + 1 :]) is None


def test_a_signature_does_not_travel_to_another_player() -> None:
    signature = TOKENS.issue(ANN).partition(".")[2]
    assert TOKENS.player_of(f"bob.{signature}") is None
