"""A job that the tests of what can be done with one share: it takes ten seconds."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.launch import LocalEstimator
from tests.launch.local.runs import NOTEBOOK, QUICK


@pytest.fixture(scope="session")
def fitted(
    tmp_path_factory: pytest.TempPathFactory, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> LocalEstimator:
    """An estimator whose job has succeeded."""
    estimator = LocalEstimator(
        model_uri=tiny_archive.as_uri(),
        hyperparameters=QUICK,
        output_path=tmp_path_factory.mktemp("jobs"),
        base_job_name="tiny",
        **NOTEBOOK,
    )
    estimator.fit({"training": tiny_dataset.training, "test": tiny_dataset.test}, logs=False)
    return estimator
