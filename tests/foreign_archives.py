"""Model archives as other programs write them, small."""

import json
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.conftest import TINY_LABELS, TINY_SIZE

LABELS_FILE = "class_label_to_prediction_index.json"

# File names in an archive, and what the refusal calls it.
OTHERS = {
    "a PyTorch model": ["model.pth", "code/inference.py"],
    "a Hugging Face model": ["config.json", "pytorch_model.bin", "preprocessor_config.json"],
    "a Keras file": ["best.keras"],
    "an ONNX model": ["model.onnx"],
    "a TensorFlow Lite model": ["model.tflite", "labels.txt"],
    "a TensorFlow.js model": ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"],
    "an XGBoost model": ["xgboost-model"],
    "a scikit-learn model": ["model.joblib"],
    "a model of SageMaker's MXNet image classification": [
        "image-classification-0010.params",
        "image-classification-symbol.json",
        "model-shapes.json",
    ],
    "a TensorFlow checkpoint": ["checkpoint", "model.ckpt.index", "model.ckpt.data-00000-of-00001"],
    "a frozen TensorFlow graph": ["frozen_inference_graph.pb"],
    "a script archive": ["transfer_learning.py", "ic_tf_sdk/__init__.py"],
    "a set of images": ["roses/1.jpg", "tulips/2.jpg"],
}


def with_files(path: Path, names: list[str]) -> Path:
    """A ``.tar.gz`` of files with some bytes."""
    content = path.parent / f"{path.name}.content"
    for name in names:
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_bytes(b"bytes of " + name.encode())
    return packed(content, path)


def packed(content: Path, path: Path) -> Path:
    """As SageMaker packs: in the file system's order, with owners and times."""
    with tarfile.open(path, "w:gz") as tar:
        for item in content.iterdir():
            tar.add(item, item.name)
    return path


def keras_classifier(
    backbone: Path, *, activation: str | None = None, rescaling: bool = False
) -> Any:
    """What AWS's documentation and TF Hub's colab describe: hub layer, dropout, dense with L2."""
    import tensorflow as tf
    import tensorflow_hub
    import tf_keras

    layers = [tf_keras.layers.InputLayer((TINY_SIZE, TINY_SIZE, 3))]
    if rescaling:
        layers.append(tf_keras.layers.Rescaling(1 / 255))
    layers += [
        tensorflow_hub.KerasLayer(tf.saved_model.load(str(backbone)), trainable=True),
        tf_keras.layers.Dropout(0.2),
        tf_keras.layers.Dense(
            len(TINY_LABELS),
            activation=activation,
            kernel_regularizer=tf_keras.regularizers.l2(1e-4),
            bias_initializer=tf_keras.initializers.Constant([0.5, -0.25, 0.125]),
        ),
    ]
    return tf_keras.Sequential(layers)


def keras_archive(
    folder: Path, model: Any, *, labels: tuple[str, ...] = TINY_LABELS, **saving: Any
) -> SimpleNamespace:
    """``model.tar.gz`` of a Keras model and its labels; also its folder and the model."""
    content = folder / "content"
    model.save(content / "1", save_format="tf", **saving)
    index = {label: number for number, label in enumerate(labels)}
    (content / LABELS_FILE).write_text(json.dumps(index))
    (content / "code").mkdir()
    (content / "code" / "inference.py").write_text("# AWS's handler\n")
    return SimpleNamespace(
        path=packed(content, folder / "model.tar.gz"), folder=content, model=model
    )
