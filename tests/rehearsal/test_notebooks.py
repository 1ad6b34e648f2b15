"""The notebooks of both SDK lines, executed cell by cell against the rehearsal, with pictures.

``nox -s notebooks`` runs them; the kernel of SDK v3 lives in an environment of its own, the Python
of which is IC_TF_SDK_V3_PYTHON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.aws import BUCKET
from tests.rehearsal.conftest import MODEL_ID, SDK_CONFIG
from tests.rehearsal.control_plane import ControlPlane

nbclient = pytest.importorskip("nbclient")

pytestmark = [
    pytest.mark.slow,
    # Two jobs each, and an endpoint: a minute or two on a machine that does nothing else.
    pytest.mark.timeout(1800),
    # Jupyter's own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

EXAMPLES = Path(__file__).parents[2] / "examples"
PYTHONS = {"v2": sys.executable, "v3": os.environ.get("IC_TF_SDK_V3_PYTHON", "")}
TELEMETRY_OUT = SDK_CONFIG.replace("    Modules:\n", "    Modules:\n      TelemetryOptOut: true\n")


@pytest.fixture
def kernel(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of the kernel of an SDK line."""
    line = request.param
    if not PYTHONS[line]:
        pytest.skip("needs IC_TF_SDK_V3_PYTHON: nox -s notebooks")
    folder = tmp_path / "jupyter" / "kernels" / line
    folder.mkdir(parents=True)
    words = [PYTHONS[line], "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": words, "display_name": line, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return str(line)


@pytest.mark.parametrize("kernel", ["v2", "v3"], indirect=True)
def test_the_notebook_trains_deploys_predicts_and_trains_further(
    kernel: str,
    sagemaker_service: ControlPlane,
    content: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAGEMAKER_ROLE", "arn:aws:iam::123456789012:role/training")
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("MODEL_ID", MODEL_ID)
    (tmp_path / "sagemaker.yaml").write_text(TELEMETRY_OUT)
    notebook = execute(EXAMPLES / f"fine_tune_sdk_{kernel}.ipynb", kernel, tmp_path)
    right, _, total, _ = (
        last_lines(notebook)['f"{right} of {len(photos)} right"'].strip("'").split()
    )
    assert int(total) == 30
    # By the embedded backbone; a guess is right one time in five.
    assert int(right) >= 0.6 * int(total)
    assert len(pictures(notebook)) == 2
    first, further = sagemaker_service.sent("CreateTrainingJob")
    channels = {c["ChannelName"]: uri(c) for c in further["InputDataConfig"]}
    assert channels["training"] == f"s3://{BUCKET}/pictures/more/"
    # The second job goes on with what the first one left.
    assert channels["model"].endswith(f"{first['TrainingJobName']}/output/model.tar.gz")
    jobs = list(sagemaker_service.jobs.values())
    assert [job.succeeded for job in jobs] == [True, True], jobs[-1].log[-3000:]
    deleted = {name for name, _ in sagemaker_service.requests if name.startswith("Delete")}
    assert {"DeleteModel", "DeleteEndpoint"} <= deleted


def execute(path: Path, kernel: str, folder: Path) -> Any:
    """The notebook with its outputs."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    (folder / "work").mkdir()
    resources = {"metadata": {"path": str(folder / "work")}}
    client = nbclient.NotebookClient(notebook, timeout=600, kernel_name=kernel, resources=resources)
    client.execute()
    return notebook


def results(notebook: Any) -> list[tuple[str, Any]]:
    """The last line of each cell, and its value in every form."""
    return [
        (cell.source.splitlines()[-1], output.data)
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "execute_result"
    ]


def last_lines(notebook: Any) -> dict[str, str]:
    """The last line of each cell -> its value as text."""
    return {line: data["text/plain"] for line, data in results(notebook)}


def pictures(notebook: Any) -> list[str]:
    """The pictures that the cells show."""
    return [data["image/png"] for _, data in results(notebook) if "image/png" in data]


def uri(channel: dict[str, Any]) -> str:
    """Where a channel's data is."""
    return str(channel["DataSource"]["S3DataSource"]["S3Uri"])
