"""Writes the notebooks of ``examples/`` from their sources: one text for SDK v2, SDK v3 and local.

    python tools/notebooks.py           writes them
    python tools/notebooks.py --check   fails where a notebook is not what would be written

A source in ``examples/sources`` is a script with cells (jupytext's ``percent`` format). A cell with
tags is for those of the three lines that it names, one without is for all of them.
"""

import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

# Source -> line -> notebook.
NOTEBOOKS = {
    "fine_tune": {
        "v2": "fine_tune_sdk_v2",
        "v3": "fine_tune_sdk_v3",
        "local": "local_estimator",
    },
}


def main(*, check: bool) -> int:
    """Write the notebooks, or name those that are not up to date.

    Returns:
        The exit code.
    """
    stale = []
    for path, text in outputs().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'Out of date' if check else 'Written'}: {', '.join(stale)}")
    return 1 if stale and check else 0


def outputs() -> dict[Path, str]:
    """Every notebook and its text."""
    return {
        EXAMPLES / f"{name}.ipynb": rendered(EXAMPLES / "sources" / f"{source}.py", line)
        for source, names in NOTEBOOKS.items()
        for line, name in names.items()
    }


def rendered(source: Path, line: str) -> str:
    """The notebook of a line: its own cells and those of all, without outputs."""
    import jupytext
    import nbformat

    notebook = jupytext.read(source)
    notebook.cells = [
        _plain(cell, number)
        for number, cell in enumerate(
            cell for cell in notebook.cells if line in cell.metadata.get("tags", [line])
        )
    ]
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _plain(cell: Any, number: int) -> Any:
    """The cell as it is shown; its id is its number, so that the same source is the same file."""
    cell.metadata = {}
    cell.id = f"cell-{number}"
    return cell


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
