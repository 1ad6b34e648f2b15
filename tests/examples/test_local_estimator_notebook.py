"""The notebook of the local loop, executed cell by cell in a real kernel."""

from pathlib import Path

import nbclient
import nbformat
import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "local_estimator.ipynb"


# Jupyter's own.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_runs_to_right_labels_and_leaves_no_server(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    results = {
        cell.source.splitlines()[-1]: output.data["text/plain"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "execute_result"
    }
    shown = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert len(shown) == 2
    [counted] = [text for source, text in results.items() if "right}" in source]
    right, _, total, _ = counted.strip("'").split()
    assert int(total) == 30
    assert int(right) >= 0.9 * int(total)
    printed = "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream"
    )
    assert "Epoch 30/30 - " in printed
    jobs = sorted(path.name for path in (tmp_path / "jobs").iterdir())
    assert len(jobs) == 2
