"""Writes the notebooks of ``examples/`` from their sources: one text for SDK v2, SDK v3 and local.

    python tools/notebooks.py           writes those whose source has changed; outputs stay where
                                        the code is the same
    python tools/notebooks.py --check   fails where a notebook is not what would be written, or is
                                        not executed

A source in ``examples/sources`` is a script with cells (jupytext's ``percent`` format). A cell with
tags is for those of the three lines that it names, one without is for all of them. ``nox -s
notebooks -- save`` executes the notebooks and puts their outputs in.
"""

import base64
import io
import re
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

# Source -> line -> notebook.
NOTEBOOKS = {
    source: {"v2": f"{source}_sdk_v2", "v3": f"{source}_sdk_v3", "local": local}
    for source, local in {
        "pretrained": "pretrained_local",
        "fine_tune": "local_estimator",
        "tune": "tune_local",
        "batch_transform": "batch_transform_local",
        "benchmark": "benchmark_local",
    }.items()
}

# Where somebody's files lie; a notebook's own are named relative to its folder.
MACHINE = re.compile(
    r"(?<![\w./-])/(?:home|Users|root|tmp|private|work|var|mnt|opt(?!/ml/))/[\w./-]*"
)

# What a terminal takes for colours.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# What SDK v2 says of its own settings.
CONFIG = re.compile(r"^sagemaker\.config INFO - .*\n?", re.MULTILINE)


def main(*, check: bool) -> int:
    """Write the notebooks, or name those that are not up to date.

    Returns:
        The exit code.
    """
    stale = []
    for path, notebook in outputs().items():
        if path.is_file() and cells(read(path)) == cells(notebook):
            continue
        stale.append(path.name)
        if not check:
            write(_with_outputs(notebook, path), path)
    if stale:
        print(f"{'Out of date' if check else 'Written'}: {', '.join(stale)}")
        if not check:
            print("Execute them: nox -s notebooks -- save")
    wrong = [text for path in outputs() for text in problems(path)] if check else []
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if check and (stale or wrong) else 0


def outputs() -> dict[Path, Any]:
    """Every notebook as its source says, without outputs."""
    return {
        EXAMPLES / f"{name}.ipynb": rendered(EXAMPLES / "sources" / f"{source}.py", line)
        for source, names in NOTEBOOKS.items()
        for line, name in names.items()
    }


def rendered(source: Path, line: str) -> Any:
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
    return notebook


def _with_outputs(notebook: Any, path: Path) -> Any:
    """The notebook, with the outputs that are there where only its text has changed."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    there = (
        [cell for cell in read(path).cells if cell.cell_type == "code"] if path.is_file() else []
    )
    if [cell.source for cell in there] == [cell.source for cell in code]:
        for cell, executed in zip(code, there, strict=True):
            cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    return notebook


def cells(notebook: Any) -> list[tuple[str, str]]:
    """Kind and text of each cell."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def read(path: Path) -> Any:
    """A notebook of ``examples/``."""
    import nbformat

    return nbformat.read(path, as_version=4)


def write(notebook: Any, path: Path) -> None:
    """Write a notebook."""
    import nbformat

    path.write_text(f"{nbformat.writes(notebook)}\n", encoding="utf-8")


def problems(path: Path) -> list[str]:
    """What is wrong with the outputs of a notebook."""
    shown = [output for cell in read(path).cells for output in cell.get("outputs", ())]
    wrong = [f"{path.name}: an error in its outputs" for o in shown if o.output_type == "error"]
    if not any("image/png" in output.get("data", {}) for output in shown):
        wrong.append(f"{path.name}: no picture in its outputs; nox -s notebooks -- save")
    named = {place for output in shown for text in texts(output) for place in places(text)}
    return wrong + [f"{path.name}: names {place} of the machine" for place in sorted(named)]


def places(text: str) -> list[str]:
    """The machine's places that a text names, also behind a colour or in a list of folders."""
    return MACHINE.findall(COLOUR.sub("", text))


def unnamed(text: str, folder: Path) -> str:
    """The text, with a notebook's own files, the repository's and Python's by relative names."""
    for place, name in ((folder, ""), (EXAMPLES.parent, ""), (Path(sys.base_prefix), "python/")):
        text = text.replace(f"{place}/", name)
    return text


def texts(output: Any) -> list[str]:
    """What an output says, but for its pictures."""
    data = output.get("data", {})
    return [output.get("text", ""), *(data[kind] for kind in data if kind.startswith("text/"))]


def save(executed: Any, path: Path, folder: Path) -> None:
    """Put the outputs of an executed notebook into ``examples/``.

    Files below the folder where it ran are named relative to it. What libraries print of themselves
    is left out, and so is the time of each cell. Pictures keep 256 colours, a third of their size.
    """
    for number, cell in enumerate(executed.cells):
        _plain(cell, number)
        if cell.cell_type == "code":
            cell.outputs = _told(cell.outputs, folder)
    executed.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    write(executed, path)


def _told(outputs: list[Any], folder: Path) -> list[Any]:
    """The outputs that a reader is to see; what a cell prints is one of them."""
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream":
            text = CONFIG.sub("", unnamed(output.text, folder))
            if output.name == "stderr" or not text:
                continue
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += text
                continue
            output.text = text
        elif "data" in output and "image/png" not in output.data:
            shown = output.data.get("text/plain", "")
            # SDK v3's moving lines, of which nothing is left when they have ended.
            if output.output_type == "display_data" and (
                not shown.strip() or "ipywidgets" in shown
            ):
                continue
        for kind, shown in output.get("data", {}).items():
            if kind == "image/png":
                output.data[kind] = _small(shown)
            elif isinstance(shown, str):
                output.data[kind] = unnamed(shown, folder)
        kept.append(output)
    return [o for o in kept if o.output_type != "stream" or o.text.strip()]


def _small(png: str) -> str:
    from PIL import Image

    small = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        image.convert("RGB").quantize(256).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def _plain(cell: Any, number: int) -> Any:
    """The cell as it is shown; its id is its number, so that the same source is the same file."""
    cell.metadata = {}
    cell.id = f"cell-{number}"
    return cell


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
