"""A job in network isolation: the real toolkit, TensorFlow's own packages, and no route out."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.container import Container


def isolated_request(uploads: dict[str, str], bucket: str) -> dict[str, Any]:
    """What SDK v2 sends with ``enable_network_isolation=True``; compared in test_estimator.py."""
    code = uploads["script"]
    uris = {"training": uploads["training"], "model": uploads["model"], "code": code}
    hyperparameters = {
        "epochs": "2",
        "batch_size": "8",
        "sagemaker_program": "transfer_learning.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
    }
    return {
        "TrainingJobName": "isolated",
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "EnableNetworkIsolation": True,
        "HyperParameters": {name: json.dumps(value) for name, value in hyperparameters.items()},
        "InputDataConfig": [
            {
                "ChannelName": name,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
            }
            for name, uri in uris.items()
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    }


@pytest.mark.parametrize(
    ("version", "framework"),
    [
        pytest.param("2.21", True, marks=pytest.mark.slow),
        pytest.param("2.19", True, marks=pytest.mark.slow),
        pytest.param("2.21", False, marks=pytest.mark.slow),
    ],
)
def test_the_script_archive_trains_without_network_and_without_pip(
    version: str,
    framework: bool,
    image: Callable[[str], Container],
    uploads: dict[str, str],
    tmp_path: Path,
) -> None:
    """By the TensorFlow container's own main, and by the toolkit alone."""
    container = replace(image(version), framework=framework)
    installed = {path.name for path in container.environment.glob("lib/python*/site-packages/*")}
    assert not installed & {"tf_keras", "tensorflow_hub"}
    job = container.run(isolated_request(uploads, "rehearsal-bucket"), tmp_path / "ml")
    assert job.succeeded, job.log
    assert "Reporting training SUCCESS" in job.log
    main = "Imported framework sagemaker_tensorflow_container.training"
    assert (main in job.log) is framework
    assert "will NOT be servable" not in job.log
    assert "pip install" not in job.log
    assert job.artifacts["model.tar.gz"] == (
        "s3://rehearsal-bucket/output/isolated/output/model.tar.gz"
    )
    assert (tmp_path / "ml" / "model" / "code" / "inference.py").is_file()


@pytest.mark.slow
@pytest.mark.merge
def test_isolation_is_real(
    image: Callable[[str], Container], tmp_path: Path, aws_server: str
) -> None:
    """The same wrapper around a program that calls the loopback S3: it must not get through."""
    (tmp_path / "ml").mkdir()
    call = f"import urllib.request; urllib.request.urlopen('{aws_server}/moto-api/')"
    outcomes = {}
    for isolated in (True, False):
        request = {
            "EnableNetworkIsolation": isolated,
            "AlgorithmSpecification": {"ContainerEntrypoint": ["python", "-c", call]},
        }
        command = image("2.21")._command(request, tmp_path / "ml")
        environment = {"PATH": f"{image('2.21').environment / 'bin'}:/usr/bin:/bin"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        outcomes[isolated] = done
    assert outcomes[False].returncode == 0, outcomes[False].stderr
    assert outcomes[True].returncode != 0
    assert "Network is unreachable" in outcomes[True].stderr
