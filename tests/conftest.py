"""Fixtures that many tests share: real photos and weights, and a network that trains in seconds."""

import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.contract.model_info import ModelInfo

# Before the first import of TensorFlow in this process and in every child.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A shell starts what runs in the background with SIGINT ignored, and nohup with SIGHUP, which every
# child would inherit: the tests that interrupt a command could not.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)

# `nox -s fuzz` takes it. Slowness by other processes' load is no failure.
settings.register_profile("chance", deadline=None, print_blob=True)

pytest_plugins = ["tests.aws", "tests.iam"]

SHARED = Path(os.environ.get("IC_TF_SDK_SHARED", Path(__file__).parents[2] / "shared")).resolve()

TINY_SIZE = 32
TINY_FEATURES = 12
TINY_LABELS = ("dots", "plain", "stripes")


@pytest.fixture(scope="session", autouse=True)
def _user_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The user's cache stays as it is; one that IC_TF_SDK_CACHE names is used, to go faster."""
    folder = tmp_path_factory.getbasetemp()
    # The processes of one run share a cache, which is made for that: each converts what it lacks.
    shared_folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    os.environ.setdefault("IC_TF_SDK_CACHE", str(shared_folder / "user-cache"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photos, weights and reference tables; the test skips where it is not."""
    if not (SHARED / "reference").is_dir():
        pytest.skip(f"needs the reference folder {SHARED} (set IC_TF_SDK_SHARED)")
    return SHARED


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a feature-vector SavedModel as TF Hub publishes them, small enough to train.

    Input float32 [batch, 32, 32, 3] in 0..1, 12 features, a ``training`` argument, batch norm with
    moving statistics, one regularisation loss.
    """
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("tiny") / "backbone"
    tf.saved_model.save(_tiny_module(tf), str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_archive(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny backbone as a pretrained archive: ``1/`` and ``model_info.json``."""
    folder = tmp_path_factory.mktemp("tiny-archive")
    content = folder / "content"
    content.mkdir()
    shutil.copytree(tiny_backbone, content / "1")
    ModelInfo(
        kind="pretrained",
        model_id="tiny",
        model_version="1.0.0",
        input_height=TINY_SIZE,
        input_width=TINY_SIZE,
        pixel_range="0..1",
        feature_vector_size=TINY_FEATURES,
        files=dict(model_info.digests(content)),
    ).write(content)
    archive.pack(content, folder / "train-tiny.tar.gz")
    return folder / "train-tiny.tar.gz"


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Drawn JPEG and PNG files of three classes in folders: ``training`` (16 each) and ``test``."""
    root = tmp_path_factory.mktemp("tiny-dataset")
    for seed, (part, count) in enumerate({"training": 16, "test": 5}.items()):
        draw_dataset(root / part, count=count, seed=seed)
    return SimpleNamespace(training=root / "training", test=root / "test", labels=TINY_LABELS)


def draw_dataset(
    root: Path, *, count: int, seed: int = 0, labels: tuple[str, ...] = TINY_LABELS
) -> None:
    """Draw ``count`` pictures for each of the labels: textures of random colour and size."""
    rng = np.random.default_rng(seed)
    for label in labels:
        (root / label).mkdir(parents=True)
        for number in range(count):
            suffix = "png" if number % 3 == 0 else "jpg"
            _picture(label, rng).save(root / label / f"{label}-{seed}-{number:03d}.{suffix}")


def _picture(label: str, rng: np.random.Generator) -> Image.Image:
    width, height = (int(rng.integers(40, 70)) for _ in range(2))
    dark = tuple(int(value) for value in rng.integers(0, 110, 3))
    light = tuple(int(value) for value in rng.integers(150, 256, 3))
    image = Image.new("RGB", (width, height), dark)
    pen = ImageDraw.Draw(image)
    step = int(rng.integers(7, 12))
    if label == "stripes":
        for x in range(0, width, step):
            pen.rectangle((x, 0, x + step // 2, height), fill=light)
    elif label == "dots":
        for x in range(0, width, step):
            for y in range(0, height, step):
                pen.ellipse((x, y, x + step // 2, y + step // 2), fill=light)
    return image


def _tiny_module(tf: Any) -> Any:
    class Tiny(tf.train.Checkpoint):
        """Convolution, batch norm, maximum and mean over the image."""

        def __init__(self) -> None:
            super().__init__()
            half = TINY_FEATURES // 2
            rng = np.random.default_rng(7)
            self.kernel = tf.Variable(rng.normal(0, 0.4, (5, 5, 3, half)).astype("float32"))
            self.scale = tf.Variable(tf.ones([half]))
            self.mean = tf.Variable(tf.zeros([half]), trainable=False)
            self.variance = tf.Variable(tf.ones([half]), trainable=False)
            self.trainable_variables = [self.kernel, self.scale]
            self.variables = [*self.trainable_variables, self.mean, self.variance]
            self.regularization_losses = [self.penalty]

        @tf.function(input_signature=[])
        def penalty(self) -> Any:
            return 1e-4 * tf.reduce_sum(tf.square(self.kernel))

        @tf.function
        def __call__(self, images: Any, training: bool = False) -> Any:
            maps = tf.nn.conv2d(images - 0.5, self.kernel, 2, "SAME")
            if training:
                mean, variance = tf.nn.moments(maps, [0, 1, 2])
                self.mean.assign(0.9 * self.mean + 0.1 * mean)
                self.variance.assign(0.9 * self.variance + 0.1 * variance)
            else:
                mean, variance = self.mean, self.variance
            maps = (maps - mean) * tf.math.rsqrt(variance + 1e-3) * self.scale
            found = [tf.reduce_max(maps, [1, 2]), tf.reduce_mean(tf.abs(maps), [1, 2])]
            return tf.concat(found, axis=1)

    module = Tiny()
    spec = tf.TensorSpec([None, TINY_SIZE, TINY_SIZE, 3], tf.float32)
    for training in (False, True):
        module.__call__.get_concrete_function(spec, training=training)
    return module
