"""Tables: rich on a terminal, plain text elsewhere and where rich is not installed."""

import os
import pty
import subprocess
import sys

from ic_tf_sdk.cli.output import print_table

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
