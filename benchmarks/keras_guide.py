"""Fine-tuning as Keras's guide of transfer learning writes it, for ``benchmarks.presets``.

https://keras.io/guides/transfer_learning/: flips and turns of up to a tenth, two epochs of the
classification layer on a frozen backbone at Adam's own rate, then the whole network at 1e-5, batch
norm in inference mode throughout. The guide ends with one such epoch; here there are as many as the
processor seconds allow.

    python -m benchmarks.keras_guide TRAINING TEST MODEL SEED SECONDS

prints the accuracy on TEST. MODEL is the archive or folder of a pretrained model.
"""

import os
import sys
from functools import cache
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

# Before TensorFlow is loaded, which the package does.
os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
from ic_tf_sdk.training.graph.preprocessing import Preprocessing

HEAD_EPOCHS, HEAD_RATE, WHOLE_RATE = 2, 0.001, 1e-5
HELD_OUT, BATCH_SIZE, DROPOUT = 0.2, 32, 0.2


def main() -> None:
    training, test, model, seed, seconds = sys.argv[1:]
    print(accuracy(Path(training), Path(test), Path(model), int(seed), float(seconds)))


def accuracy(training: Path, test: Path, model: Path, seed: int, seconds: float) -> float:
    """The accuracy on the test images of a network that is trained so long."""
    import tf_keras

    from ic_tf_sdk.training.network.backbone import open_source

    tf_keras.utils.set_random_seed(seed)
    source = open_source(model)
    info = source.info
    pixels = Preprocessing(info.input_height, info.input_width, "bilinear", info.pixel_range)
    images = _images(training, pixels, validation_split=HELD_OUT, subset="training", seed=seed)
    backbone, network = _network(source.loaded, pixels, len(images.class_names))
    turned = images.map(lambda x, y: (pixels.normalise(_turned()(x)), y)).prefetch(2)
    backbone.trainable = False
    _train(network, turned, HEAD_RATE, epochs=HEAD_EPOCHS)
    backbone.trainable = True
    _train(network, turned, WHOLE_RATE, epochs=1000, stop=_until(seconds))
    asked = _images(test, pixels, shuffle=False).map(lambda x, y: (pixels.normalise(x), y))
    return float(network.evaluate(asked, verbose=0)[1])


def _images(folder: Path, pixels: Preprocessing, **more: Any) -> Any:
    import tf_keras

    size = (pixels.height, pixels.width)
    return tf_keras.utils.image_dataset_from_directory(
        folder, image_size=size, batch_size=BATCH_SIZE, **more
    )


@cache
def _turned() -> Any:
    import tf_keras

    layers = [tf_keras.layers.RandomFlip("horizontal"), tf_keras.layers.RandomRotation(0.1)]
    return tf_keras.Sequential(layers)


def _network(loaded: Any, pixels: Preprocessing, classes: int) -> tuple[Any, Any]:
    """The backbone as a layer, and the network around it."""
    import tf_keras

    from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer

    backbone = hub_layer(loaded, trainable=True)
    inputs = tf_keras.Input((pixels.height, pixels.width, 3))
    # In inference mode also where it is trained, as the guide explains.
    features = feature_vector(backbone(inputs, training=False))
    dropped = tf_keras.layers.Dropout(DROPOUT)(features)
    return backbone, tf_keras.Model(inputs, tf_keras.layers.Dense(classes)(dropped))


def _train(network: Any, images: Any, rate: float, *, epochs: int, stop: Any = None) -> None:
    import tf_keras

    loss = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(tf_keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    network.fit(images, epochs=epochs, verbose=0, callbacks=[stop] if stop else [])


def _until(seconds: float) -> Any:
    """A callback that ends the training when the process has used so much processor time."""
    import tf_keras

    def check(batch: int, logs: Any = None) -> None:  # noqa: ARG001
        used = getrusage(RUSAGE_SELF)
        if used.ru_utime + used.ru_stime >= seconds:
            callback.model.stop_training = True

    callback = tf_keras.callbacks.LambdaCallback(on_batch_end=check)
    return callback


if __name__ == "__main__":
    main()
