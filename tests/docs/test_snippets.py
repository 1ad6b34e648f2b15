"""What a page tells the reader to type runs as it stands."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page, language):
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(snippets):
    names = {}
    for snippet in snippets:
        exec(snippet, names)
    return names


def test_snippets_of_the_catalogue_run():
    snippets = blocks("guides/catalogue.md", "python")
    assert len(snippets) == 2
    names = run(snippets)
    assert names["values"]["epochs"] == "10"
    assert names["script_uri"].startswith("s3://")


def test_snippets_of_the_python_api_that_train_nothing_print_what_the_page_says(capsys):
    run(blocks("tutorial/python-api.md", "python")[:3])
    printed = capsys.readouterr().out
    assert printed == "".join(blocks("tutorial/python-api.md", "text")[:2])


@pytest.mark.slow
def test_commands_of_the_tutorial_run_in_their_order(tmp_path):
    """From the first page on, but for what needs weights, a browser or a bucket."""
    pages = ("install", "first-model", "read-the-report")
    commands = [line for page in pages for line in typed(f"tutorial/{page}.md")]
    assert len(commands) == 13
    for command in commands:
        done = subprocess.run(
            in_this_environment(command), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        refused = "epochs=0" in command
        assert done.returncode == (1 if refused else 0), command + done.stdout + done.stderr
    sources = blocks("tutorial/python-api.md", "python")
    script = tmp_path / "api.py"
    script.write_text("\n".join(sources), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Completed" in done.stdout


def typed(page):
    return [
        line.removeprefix("$ ")
        for block in blocks(page, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


def in_this_environment(command):
    program, *arguments = shlex.split(command)
    if program == "ic-tf":
        return [sys.executable, "-m", "ic_tf_sdk.cli", *arguments]
    return [shutil.which(program), *arguments]
