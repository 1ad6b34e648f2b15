"""Fine-tuned tiny models."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.contract import archive
from ic_tf_sdk.training import environment, plan
from tests.inference import servers


@pytest.fixture(scope="session")
def fine_tuned(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder that a job on the tiny dataset left: what ``model.tar.gz`` unpacks to."""
    return train(tmp_path_factory.mktemp("fine-tuned"), tiny_archive, tiny_dataset.training)


@pytest.fixture(scope="session")
def fine_tuned_binary(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same in binary mode: dots or stripes."""
    folder = tmp_path_factory.mktemp("fine-tuned-binary")
    (folder / "images").mkdir()
    for label in ("dots", "stripes"):
        (folder / "images" / label).symlink_to(tiny_dataset.training / label)
    return train(folder, tiny_archive, folder / "images", binary_mode="True")


@pytest.fixture(scope="session")
def model_tar_gz(fine_tuned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fine-tuned model, packed."""
    path = tmp_path_factory.mktemp("packed") / "model.tar.gz"
    archive.pack(fine_tuned, path)
    return path


@pytest.fixture(scope="session")
def photos(tiny_dataset: SimpleNamespace) -> list[Path]:
    """The tiny dataset's test pictures, JPEG and PNG."""
    return sorted(path for path in tiny_dataset.test.rglob("*") if path.is_file())


@pytest.fixture(scope="session")
def beside(
    model_tar_gz: Path, photos: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An archive with its ONNX file beside it."""
    from ic_tf_sdk.inference import image_source
    from ic_tf_sdk.inference.convert.conversion import convert

    path = tmp_path_factory.mktemp("beside") / "model.tar.gz"
    shutil.copyfile(model_tar_gz, path)
    convert(path, path.with_name("model.onnx"), images=image_source.find([str(photos[0])]))
    return path


def train(folder: Path, model: Path, training: Path, **given: object) -> Path:
    """A job's model folder, trained on cached features."""
    from ic_tf_sdk.training import job

    variables = {
        "SM_CHANNEL_TRAINING": str(training),
        "SM_CHANNEL_MODEL": str(model),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    given = {"train_only_on_top": "True", "epochs": 25, "learning_rate": 0.1, **given}
    flags = [f"--checkpoint_dir={folder / 'checkpoints'}"]
    flags += [f"--{name}={value}" for name, value in given.items()]
    job.run(plan.make(environment.read(flags, variables)))
    return folder / "model"


@pytest.fixture(scope="session")
def tensorflow_serving(fine_tuned: Path) -> Iterator[str]:
    """URL of ``:predict`` of a stand-in for TensorFlow Serving with the fine-tuned model."""
    from tests.inference import tensorflow_serving as stand_in

    with servers.running(stand_in.app(fine_tuned)) as url:
        yield f"{url}/v1/models/model:predict"
