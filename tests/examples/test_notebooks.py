"""The notebooks are what their sources say, executed, and name nobody's machine."""

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from tools import notebooks

ROOT = Path(__file__).parents[2]
README = ROOT / "examples" / "README.md"
NAMES = [name for names in notebooks.NOTEBOOKS.values() for name in names.values()]


def picture(size: tuple[int, int] = (4, 4)) -> str:
    drawn = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(drawn, "PNG")
    return base64.b64encode(drawn.getvalue()).decode()


def executed(*outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("draw()", outputs=list(outputs), execution_count=1)
    cell.metadata = {"execution": {"iopub.execute_input": "2026-01-01"}}
    return nbformat.v4.new_notebook(cells=[cell])


def display(**data: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})


def printed(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name=name, text=text)


def test_every_notebook_says_what_its_source_says_in_each_line() -> None:
    pytest.importorskip("jupytext")
    rendered = notebooks.outputs()
    assert len(rendered) == 15
    for path, notebook in rendered.items():
        assert notebooks.cells(notebooks.read(path)) == notebooks.cells(notebook), path.name


def test_lines_differ_where_they_must_and_nowhere_else() -> None:
    pytest.importorskip("jupytext")
    for source in notebooks.NOTEBOOKS:
        path = notebooks.EXAMPLES / "sources" / f"{source}.py"
        of_line = {
            line: {text for _, text in notebooks.cells(notebooks.rendered(path, line))}
            for line in ("v2", "v3", "local")
        }
        assert of_line["v2"] & of_line["v3"] & of_line["local"], source
        assert "sagemaker.core" not in " ".join(of_line["v2"]), source
        assert "boto3" not in " ".join(of_line["local"]), source


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_is_executed_with_pictures_and_names_no_machine(name: str) -> None:
    path = notebooks.EXAMPLES / f"{name}.ipynb"
    assert notebooks.problems(path) == []
    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1))
    assert path.stat().st_size < 500_000


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (printed("Saved /home/me/pictures/a.png"), "names /home/me/pictures/a.png of the machine"),
        (display(text_plain="'/tmp/jobs'", image_png=picture()), "names /tmp/jobs of the machine"),
        (printed("\x1b[34m/home/me/bin/python"), "names /home/me/bin/python of the machine"),
        (printed("PYTHONPATH=/opt/ml/code:/home/me"), "names /home/me of the machine"),
        (printed("no picture at all"), "no picture in its outputs"),
        (nbformat.v4.new_output("error", ename="KeyError"), "an error in its outputs"),
    ],
)
def test_what_must_not_be_in_a_notebook_is_named(
    output: nbformat.NotebookNode, said: str, tmp_path: Path
) -> None:
    notebooks.write(executed(output), tmp_path / "a.ipynb")
    assert any(said in problem for problem in notebooks.problems(tmp_path / "a.ipynb"))


def test_paths_of_s3_and_addresses_are_no_machines() -> None:
    for text in (
        "s3://bucket/var/home/a.png",
        "https://a.test/tmp/x",
        "jobs/home/model.tar.gz",
        "/opt/ml/model",
    ):
        assert notebooks.places(text) == [], text


def test_what_is_saved_has_no_times_no_library_messages_and_small_pictures(tmp_path: Path) -> None:
    large = picture((200, 200))
    notebook = executed(printed("INFO", "stderr"), printed("12 right"), display(image_png=large))
    notebook.cells[0].outputs[1].text += f" {tmp_path}/jobs/a"
    notebooks.save(notebook, tmp_path / "a.ipynb", tmp_path)
    [cell] = notebooks.read(tmp_path / "a.ipynb").cells
    assert [output.output_type for output in cell.outputs] == ["stream", "display_data"]
    assert cell.metadata == {}
    assert cell.outputs[0].text == "12 right jobs/a"
    small = base64.b64decode(cell.outputs[1].data["image/png"])
    assert len(small) < len(base64.b64decode(large))
    assert Image.open(io.BytesIO(small)).size == (200, 200)


def test_the_page_of_the_examples_lists_every_notebook() -> None:
    linked = set(re.findall(r"\(([\w.]+\.(?:ipynb|py))\)", README.read_text(encoding="utf-8")))
    here = {path.name for path in README.parent.iterdir() if path.suffix in {".ipynb", ".py"}}
    assert linked == here
    assert {f"{name}.ipynb" for name in NAMES} <= linked
