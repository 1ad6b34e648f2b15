"""A notebook of ``examples/`` with the outputs that its kernel gave."""

import os
from pathlib import Path
from typing import Any

import pytest

from tools import notebooks

# Set by `nox -s notebooks -- save`: the outputs go into the repository.
SAVE = "IC_TF_SDK_SAVE_NOTEBOOKS"


def execute(name: str, folder: Path, kernel: str = "python3") -> Any:
    """Execute a notebook cell by cell.

    Args:
        name: Of the notebook, without its ending.
        folder: Where it runs.
        kernel: The kernel's name.
    """
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    path = notebooks.EXAMPLES / f"{name}.ipynb"
    notebook = notebooks.read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    (folder / "work").mkdir(exist_ok=True)
    resources = {"metadata": {"path": str(folder / "work")}}
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name=kernel, resources=resources
    ).execute()
    if os.environ.get(SAVE):
        notebooks.save(notebook, path, folder / "work")
    return notebook


def shown(notebook: Any) -> list[tuple[str, Any]]:
    """The last line of each cell that shows something, and that in every form."""
    return [
        (cell.source.splitlines()[-1], output.data)
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type in ("execute_result", "display_data")
    ]


def last_lines(notebook: Any) -> dict[str, str]:
    """The last line of each cell -> its value as text."""
    return {line: data["text/plain"] for line, data in shown(notebook)}


def printed(notebook: Any) -> str:
    """What the cells printed, and what their displays are as text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    streams = [output.text for output in outputs if output.output_type == "stream"]
    return "".join(streams + [data.get("text/plain", "") for _, data in shown(notebook)])


def pictures(notebook: Any) -> list[str]:
    """The pictures that the cells show."""
    return [data["image/png"] for _, data in shown(notebook) if "image/png" in data]


def counted(notebook: Any, line: str) -> tuple[int, int]:
    """How many were right, of how many: of a cell that says '58 of 60 right'."""
    right, _, total, _ = last_lines(notebook)[line].strip("'").split()
    return int(right), int(total)
