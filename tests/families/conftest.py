"""Modules are built once for all models that they fit."""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ic_tf_sdk.specs.model_spec import ModelSpec
from tests.conftest import draw_dataset
from tests.families import modules

Built = Callable[[ModelSpec, str], Path | None]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A function of a model and a scope: its module's folder, None of a model that ships."""
    root = tmp_path_factory.mktemp("families")
    folders: dict[object, Path] = {}

    def module(spec: ModelSpec, scope: str) -> Path | None:
        if spec.embedded_archive:
            return None
        key = modules.key(spec, scope)
        if key not in folders:
            folders[key] = modules.save(spec, scope, root / str(len(folders)))
        return folders[key]

    return module


@pytest.fixture(scope="session")
def few_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn pictures of each of three classes."""
    folder = tmp_path_factory.mktemp("few") / "pictures"
    draw_dataset(folder, count=4)
    return folder


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What TensorFlow and Keras keep of each module: a run of all of them took 17 GB else."""
    yield
    import tf_keras

    tf_keras.backend.clear_session()
    gc.collect()
