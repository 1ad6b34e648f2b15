"""Running a whole job in this process."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.training import environment, plan
from ic_tf_sdk.training.feed import store_place

Train = Callable[..., SimpleNamespace]


@pytest.fixture
def train(tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace) -> Train:
    """A function that runs a job and returns its record, model folder and output folder.

    Keyword arguments are the channels (``training``, ``validation``, ``test``, ``model``) and
    hyperparameters; by default the tiny backbone is trained on the tiny dataset. ``folder`` is the
    job's own by default; with that of an interrupted job it goes on.
    """
    runs = 0

    def run(
        *, folder: Path | None = None, interruption: Any = None, **given: object
    ) -> SimpleNamespace:
        # TensorFlow is imported with the job, not when tests are collected.
        from ic_tf_sdk.training import job

        nonlocal runs
        runs += 1
        folder = folder or tmp_path / f"job-{runs}"
        channels = {"training": tiny_dataset.training, "model": tiny_archive}
        names = ("training", "validation", "test", "model")
        channels |= {name: given.pop(name) for name in names if name in given}
        variables = {f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()}
        if store := os.environ.get(store_place.VARIABLE):
            variables[store_place.VARIABLE] = store
        variables["SM_MODEL_DIR"] = str(folder / "model")
        variables["SM_OUTPUT_DATA_DIR"] = str(folder / "output" / "data")
        flags = [f"--checkpoint_dir={folder / 'checkpoints'}"]
        flags += [f"--{name}={value}" for name, value in given.items()]
        job_plan = plan.make(environment.read(flags, variables))
        return SimpleNamespace(
            record=job.run(job_plan, interruption=interruption),
            model=folder / "model",
            output=folder / "output" / "data",
            plan=job_plan,
        )

    return run


@pytest.fixture(scope="session")
def ugly_images() -> list[Any]:
    """The files of ``ugly_images.py``, each with its fate."""
    path = Path(__file__).with_name("ugly_images.py")
    spec = importlib.util.spec_from_file_location("ugly_images", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.every())
