"""A token is read from the environment or a file, compared whole, and shown to nobody."""

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk import settings
from ic_tf_sdk.contract import bearer_token
from ic_tf_sdk.contract.bearer_token import FILE_VARIABLE, TOKEN_VARIABLE, BearerTokens
from ic_tf_sdk.errors import FileAccessError, UserError

TOKEN = "aZ09-._~+/secretsecret=="
OTHER = "another-token-of-this-endpoint"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ([f"Bearer {TOKEN}"], True),
        ([f"bearer   {TOKEN} "], True),
        ([f"BEARER {OTHER}"], True),
        ([], False),
        ([""], False),
        (["Bearer"], False),
        (["Bearer "], False),
        ([TOKEN], False),
        ([f"Basic {TOKEN}"], False),
        ([f"Token {TOKEN}"], False),
        ([f"Bearer {TOKEN[:-1]}"], False),
        ([f"Bearer {TOKEN}x"], False),
        ([f"Bearer {TOKEN.lower()}"], False),
        ([f"Bearer {TOKEN} {TOKEN}"], False),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], False),
        (["Bearer \udcff"], False),
    ],
)
def test_a_request_is_let_in_by_one_header_with_a_whole_token(
    values: list[str], allowed: bool
) -> None:
    assert BearerTokens([TOKEN, OTHER]).allow(values) is allowed


@given(st.lists(st.text(max_size=60), max_size=3))
def test_no_other_header_lets_a_request_in(values: list[str]) -> None:
    assert not BearerTokens([TOKEN]).allow(values)
    assert BearerTokens().allow(values)


def test_every_comparison_is_of_digests_of_one_length_and_none_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[int, int]] = []
    real = bearer_token.hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    monkeypatch.setattr(bearer_token.hmac, "compare_digest", compare)
    tokens = BearerTokens([TOKEN, OTHER])
    for given_token in (TOKEN, OTHER, "x", "y" * 5000):
        compared.clear()
        tokens.allow([f"Bearer {given_token}"])
        assert compared == [(32, 32)] * 2


def test_without_any_there_is_none() -> None:
    tokens = bearer_token.configured()
    assert not tokens
    assert tokens.headers == {}
    assert tokens.hidden("a line") == "a line"


def test_a_variable_a_file_of_several_lines_and_the_setting_which_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\r\n\n {OTHER}\n")
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    tokens = bearer_token.configured()
    assert tokens.headers == {"Authorization": f"Bearer {TOKEN}"}
    assert tokens.allow([f"Bearer {OTHER}"])
    monkeypatch.setenv(TOKEN_VARIABLE, OTHER)
    with pytest.raises(UserError, match="not both"):
        bearer_token.configured()
    monkeypatch.delenv(FILE_VARIABLE)
    assert bearer_token.configured().headers == {"Authorization": f"Bearer {OTHER}"}
    monkeypatch.setattr(settings, "endpoint_token", TOKEN)
    assert not bearer_token.configured().allow([f"Bearer {OTHER}"])


def test_a_child_gets_the_token_of_the_setting_and_no_second_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, "/a/file")
    assert bearer_token.child_environment()[FILE_VARIABLE] == "/a/file"
    monkeypatch.setattr(settings, "endpoint_token", TOKEN)
    variables = bearer_token.child_environment()
    assert FILE_VARIABLE not in variables
    assert variables[TOKEN_VARIABLE] == TOKEN


@pytest.mark.parametrize(
    "text", ["", "  ", "short", "a" * 15, "with a blank in it", "ümlaut-ümlaut-ümlaut", "=" * 20]
)
def test_what_is_no_token_is_refused_and_not_repeated(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"{text}\n", encoding="utf-8")
    for name, value in ((TOKEN_VARIABLE, text), (FILE_VARIABLE, str(tmp_path / "token"))):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(UserError, match=r"token_urlsafe\(32\)") as caught:
                bearer_token.configured()
        assert name in str(caught.value)
        assert not text.strip() or text not in str(caught.value)


def test_sixteen_characters_are_a_token_and_a_file_of_64_kib_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "token"))
    (tmp_path / "token").write_text("a" * 16 + "\n" * (65_536 - 16))
    assert bearer_token.configured().allow(["Bearer " + "a" * 16])
    (tmp_path / "token").write_text("a" * 16 + "\n" * (65_537 - 16))
    with pytest.raises(FileAccessError):
        bearer_token.configured()


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_setting_that_is_empty_never_means_no_token(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a compose file leaves it whose variable is not set."""
    for name in (TOKEN_VARIABLE, FILE_VARIABLE):
        with monkeypatch.context() as patch:
            patch.setenv(name, text)
            with pytest.raises(UserError, match="holds no token"):
                bearer_token.configured()
    monkeypatch.setattr(settings, "endpoint_token", "")
    with pytest.raises(UserError, match="holds no token"):
        bearer_token.configured()


def test_a_file_that_is_none_or_too_large_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(b"a" * 100_000)
    for name in ("missing", "", "large"):
        monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / name))
        with pytest.raises(FileAccessError, match=str(tmp_path)):
            bearer_token.configured()


def test_it_stands_in_no_description_of_the_object_and_in_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tokens = BearerTokens([TOKEN, OTHER])
    logging.getLogger("any").warning("%r %s", tokens, vars(tokens)["_digests"])
    assert TOKEN not in caplog.text
    assert tokens.hidden(f"/a/{TOKEN}?b={OTHER}.") == "/a/[token]?b=[token]."
    longer = BearerTokens([OTHER, f"{OTHER}-and-more"])
    assert longer.hidden(f"/{OTHER}-and-more") == "/[token]"
