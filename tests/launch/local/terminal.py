"""Run a command in a real terminal; at its first line that holds a text, type Ctrl-C or close it.

``python terminal.py interrupt|close TEXT COMMAND...`` prints what the terminal showed, and ends as
the command does. A program of its own, because only a process without threads should fork.
"""

import os
import pty
import sys

action, text, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        some = os.read(terminal, 4096)
    except OSError:
        break
    if not some:
        break
    shown += some
    if text.encode() in shown and action:
        if action == "close":
            os.close(terminal)
            break
        os.write(terminal, b"\x03")
        action = ""
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
