"""Tables: rich on a terminal, plain text elsewhere and where rich is not installed."""

import json
import os
import pty
import subprocess
import sys

import pytest

from ic_tf_sdk.cli import main, output
from ic_tf_sdk.cli.output import print_json, print_table, say
from ic_tf_sdk.inference import quiet_tensorflow

ROWS = [("name [x]", None), ("longer than the head", 2)]
PRINT = f"from ic_tf_sdk.cli.output import print_table; print_table(('a', 'b'), {ROWS!r})"


def on_terminal(code):
    """What a fresh interpreter writes to a terminal of 80 columns."""
    master, slave = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen([sys.executable, "-c", code], stdout=slave, env=environment) as process:
        os.close(slave)
        written = b""
        try:
            while block := os.read(master, 4096):
                written += block
        except OSError:
            # Linux reports the closed terminal this way.
            pass
        assert process.wait() == 0
    os.close(master)
    return written.decode()


def test_plain_table_is_aligned_and_shows_none_as_a_dash(capsys):
    print_table(("a", "b"), ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "a                     b",
        "name [x]              -",
        "longer than the head  2",
    ]


def test_terminal_gets_a_rich_table_with_brackets_as_they_are():
    written = on_terminal(PRINT)
    assert "\u2500" in written
    assert "name [x]" in written


def test_terminal_without_rich_gets_the_plain_table():
    written = on_terminal(f"import sys; sys.modules['rich'] = None; {PRINT}")
    assert "\u2500" not in written
    assert "longer than the head  2" in written


STEERS = "\x1b]0;pwned\x07\x1b[31m\x9b\u202e"
SHOWN = r"\x1b]0;pwned\x07\x1b[31m\x9b\u202e"


def test_a_name_cannot_steer_the_terminal_that_it_is_printed_on(capsys):
    say(f"one {STEERS}\ntwo", err=True)
    print_table((STEERS,), [(f"{STEERS}\nb",)])
    captured = capsys.readouterr()
    assert captured.err == f"one {SHOWN}\ntwo\n"
    assert captured.out.splitlines() == [SHOWN, rf"{SHOWN}\nb"]
    assert SHOWN in on_terminal(PRINT.replace("name [x]", STEERS))


def test_json_escapes_such_a_name_and_means_the_same(capsys):
    print_json({"name": STEERS})
    out = capsys.readouterr().out
    assert not set(out) & set(STEERS) - set(SHOWN)
    assert json.loads(out) == {"name": STEERS}


def test_json_has_two_blanks_a_level_and_letters_as_they_are(capsys):
    print_json({"name": "Ähre"})
    print_json({"name": "Ähre"}, indent=None)
    assert capsys.readouterr().out == '{\n  "name": "Ähre"\n}\n{"name": "Ähre"}\n'


def test_an_error_is_said_where_stderr_was_before_it_was_turned_away(capsys, tmp_path, monkeypatch):
    with (tmp_path / "stderr").open("wb") as stream:
        monkeypatch.setattr(quiet_tensorflow, "stderr", stream.fileno)
        say("one\udc80", err=True)
        say("two")
    assert capsys.readouterr() == ("two\n", "")
    assert (tmp_path / "stderr").read_text() == "one\\udc80\n"


def test_a_table_has_room_in_a_pipe_and_where_a_terminal_is_wide_enough(monkeypatch):
    wide = [("x" * 500, "y" * 500)]
    assert output.fits(("a", "b"), wide)
    monkeypatch.setattr(output, "_is_drawn", lambda: True)
    assert output.fits(("a", "b"), ROWS)
    assert not output.fits(("a", "b"), wide)


@pytest.mark.parametrize(
    ("words", "code"), [(["nosuch"], 2), (["predict", "--nosuch"], 2), (["check-data", ""], 1)]
)
def test_neither_can_what_a_shell_puts_on_the_command_line(words, code, capsys):
    with pytest.raises(SystemExit) as end:
        main([*words[:-1], words[-1] + STEERS])
    assert end.value.code == code
    assert SHOWN in "".join(capsys.readouterr()).replace("\\\\", "\\")
