"""The endpoint's log: sentences for people, JSON lines for machines, ids that cannot forge any."""

import io
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from ic_tf_sdk.contract.bearer_token import BearerTokens
from ic_tf_sdk.errors import FileAccessError
from ic_tf_sdk.inference.endpoint import exposure, logs, request_id

TOKEN = "a-token-that-nobody-shall-see"
TOKENS = BearerTokens([TOKEN])
# pytest sends what it hears of a log from process to process, and cannot send half a character.
SAID = 'a"b\\c\n{"status": 200}\x1b[31m\u2028\u202e\x00 é'
UGLY = f"{SAID}\udcff"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """One that nobody else hears."""
    found = logging.getLogger("ic_tf_sdk.endpoint")
    handlers, level, spreads = found.handlers, found.level, found.propagate
    found.handlers, found.propagate = [], False
    found.setLevel(logging.INFO)
    yield found
    found.handlers, found.propagate = handlers, spreads
    found.setLevel(level)


def read_id(**headers: str) -> str:
    names = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return request_id.read(Headers(raw=names))


@pytest.mark.parametrize(
    "name",
    ["one-7", "7", "Root=1-67891233-abcdef012345678912345678", "a/b+c=:;@d", "x" * 128,
     "0f8fad5b-d9cb-469f-a165-70867728950e"],
)  # fmt: skip
def test_the_callers_id_is_kept(name: str) -> None:
    assert read_id(x_request_id=name) == name
    assert read_id(x_amzn_requestid=name) == name
    assert read_id(x_request_id=name, x_amzn_requestid="other") == name
    assert read_id(x_request_id="no id", x_amzn_requestid=name) == name


@pytest.mark.parametrize("name", ["", " ", "a b", 'a"', "a\tb", "é", "x" * 129, "-a", "<b>", "a,b"])
def test_an_id_that_is_none_gives_way_to_a_new_one(name: str) -> None:
    found = read_id(x_request_id=name)
    assert uuid.UUID(found).version == 4
    assert read_id() != read_id()


@given(st.binary(max_size=200))
def test_every_id_is_short_and_fits_into_a_header_and_a_line(value: bytes) -> None:
    found = request_id.read(Headers(raw=[(b"x-request-id", value)]))
    assert 0 < len(found) <= 128
    assert found.isascii()
    assert found.isprintable()
    assert '"' not in found


def lines(stream: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_half_a_character_is_one_line_of_ascii() -> None:
    record = logging.LogRecord("ic_tf_sdk.endpoint", logging.INFO, "", 0, UGLY, (), None)
    line = logs.JsonLines(TOKENS).format(record)
    assert line.isascii()
    assert json.loads(line)["message"] == UGLY


def test_an_event_is_one_object_with_its_time_level_and_request(logger: logging.Logger) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines(TOKENS))
    logger.addHandler(handler)
    request_id.CURRENT.set("one-7")
    logger.info("The model %s is loaded.", SAID)
    try:
        raise ZeroDivisionError(f"{SAID}{TOKEN}")
    except ZeroDivisionError:
        logger.exception("It broke: %s", TOKEN)
    request_id.CURRENT.set(None)
    assert stream.getvalue().isascii()
    loaded, broke = lines(stream)
    assert loaded["message"] == f"The model {SAID} is loaded."
    assert loaded["time"][10] == "T"
    assert loaded["time"].endswith("Z")
    assert (loaded["level"], loaded["logger"]) == ("info", "ic_tf_sdk.endpoint")
    assert (broke["level"], broke["request_id"]) == ("error", "one-7")
    assert "ZeroDivisionError" in broke["traceback"]
    assert TOKEN not in stream.getvalue()
    assert broke["message"] == "It broke: [token]"


def test_a_request_cannot_be_taken_for_another_time_or_level(logger: logging.Logger) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines(TOKENS))
    logger.addHandler(handler)
    logger.info("not this", extra={"request": {"path": UGLY, "time": "x", "status": 200}})
    [line] = lines(stream)
    assert (line["path"], line["status"], line["level"]) == (UGLY, 200, "info")
    assert line["time"] != "x"
    assert "message" not in line


def test_a_sentence_steers_no_terminal_and_holds_no_token() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "%s", (f"\x1b[31m{TOKEN}",), None)
    assert logs.Sentences(TOKENS).format(record) == r"\x1b[31m[token]"


@pytest.mark.parametrize("quiet", [False, True])
def test_requests_go_to_one_of_the_two_streams_and_sentences_to_both(
    quiet: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, access = logging.getLogger(), logging.getLogger("ic_tf_sdk.access")
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(access, "level", access.level)
    path = tmp_path / "log"
    path.write_text('{"kept": true}\n')
    logs.start(TOKENS, quiet=quiet, place=str(path))
    access.info('{"status": 200}', extra={"request": {"status": 200}})
    logging.getLogger("ic_tf_sdk.endpoint").warning("Warning: it is hot.")
    kept, request, event = map(json.loads, path.read_text().splitlines())
    assert kept == {"kept": True}
    assert request["status"] == 200
    assert event["message"] == "Warning: it is hot."
    assert capsys.readouterr().err == "Warning: it is hot.\n"
    # As logrotate does.
    path.rename(tmp_path / "log.1")
    access.info("", extra={"request": {"status": 503}})
    assert json.loads(path.read_text())["status"] == 503
    for handler in root.handlers:
        handler.close()


def test_a_log_that_cannot_be_begun_is_refused_and_one_that_breaks_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileAccessError, match="nowhere"):
        logs.json_handler(str(tmp_path / "nowhere" / "log"), TOKENS)

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    handler = logs.json_handler("-", TOKENS)
    for _ in range(3):
        handler.handle(logging.LogRecord("x", logging.INFO, "", 1, "text", (), None))
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "No space left on device" in said
    assert "standard output" in said


def test_a_log_whose_folder_has_gone_is_told_once_and_written_again_once_it_is_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    handler = logs.json_handler(str(folder / "lines"), TOKENS)
    record = logging.LogRecord("x", logging.INFO, "", 1, "text", (), None)
    handler.handle(record)
    # No new file can be made, as in a folder into which the endpoint may not write.
    folder.rename(tmp_path / "moved")
    for _ in range(3):
        handler.handle(record)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"cannot be written to {folder / 'lines'}" in said
    assert "Requests are answered." in said
    folder.mkdir()
    handler.handle(record)
    handler.close()
    assert [path.read_text().count("\n") for path in tmp_path.rglob("lines")] == [1, 1]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.7", "::1"])
def test_an_endpoint_of_this_machine_alone_is_not_warned_of(address: str) -> None:
    assert exposure.warning(address, 8080, asks_token=False) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("0.0.0.0", "all interfaces of this machine (0.0.0.0)"),
        ("::", "all interfaces of this machine (::)"),
        ("10.0.0.7", "10.0.0.7"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_others_are_warned_of_in_one_line_and_more_strongly_without_a_token(
    address: str, place: str
) -> None:
    with_token = exposure.warning(address, 8080, asks_token=True) or ""
    without = exposure.warning(address, 8080, asks_token=False) or ""
    for text in (with_token, without):
        assert f"port 8080 of {place}" in text
        assert "\n" not in text
    assert "TLS" in with_token
    assert without.startswith("WARNING")
    assert "WHOEVER CAN REACH IT" in without
    assert "can use the model and read its labels." in without
    collecting = exposure.warning(address, 8080, asks_token=False, collects=True) or ""
    assert "read its labels, and fill the folder of --collect." in collecting
    assert "IC_TF_SDK_ENDPOINT_TOKEN_FILE" in without


@pytest.mark.parametrize("quiet", [True, False])
def test_without_a_place_a_quiet_endpoint_has_no_lines_of_requests(quiet: bool) -> None:
    requests = logging.getLogger("ic_tf_sdk.access")
    before = requests.level
    root = logging.getLogger().handlers
    kept = list(root)
    try:
        logs.start(TOKENS, quiet=quiet, place=None)
        assert requests.isEnabledFor(logging.INFO) is not quiet
        assert requests.isEnabledFor(logging.WARNING)
    finally:
        requests.setLevel(before)
        root[:] = kept
