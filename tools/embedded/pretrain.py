"""Train the network to recognise formulas, palettes and textures in formula pictures.

    python -m tools.embedded.pretrain PICTURES RUN --seed 1

Can be stopped at any time and started again with the same command: it goes on at the last epoch
that was finished. ``RUN/backbone.weights.h5`` appears at the end.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from tools.embedded.augment import augment
from tools.embedded.network import SIDE, build_backbone
from tools.embedded.pictures import open_pictures
from tools.embedded.scene import TASKS

__all__ = ["pretrain"]

BATCH = 128
PEAK_LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.1
# The last share of the epochs sees the full input size; the others a cheaper, smaller one.
SMALL_SIDE, FULL_SIDE_SHARE = 64, 0.25


def _build_classifier(backbone: tf_keras.Model) -> tf_keras.Model:
    """The backbone with one linear classifier for each task."""
    heads = [
        tf_keras.layers.Dense(count, name=task, dtype="float32")(backbone.output)
        for task, count in TASKS.items()
    ]
    return tf_keras.Model(backbone.input, heads)


def _schedule(steps: int) -> tf_keras.optimizers.schedules.LearningRateSchedule:
    """A short warm-up, then half a cosine down to zero."""
    warm_up = max(1, steps // 30)
    return tf_keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=PEAK_LEARNING_RATE / 20,
        decay_steps=max(1, steps - warm_up),
        warmup_target=PEAK_LEARNING_RATE,
        warmup_steps=warm_up,
    )


def _optimizer(steps: int, classifier: tf_keras.Model) -> tf_keras.optimizers.Optimizer:
    optimizer = tf_keras.optimizers.AdamW(
        _schedule(steps), weight_decay=WEIGHT_DECAY, global_clipnorm=5.0
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(classifier.trainable_variables)
    return optimizer


def _batches(folder: Path, *, side: int, seed: int, epoch: int) -> tf.data.Dataset:
    """One epoch of varied pictures in an order that seed and epoch decide."""
    pixels, classes = open_pictures(folder)
    order = np.random.default_rng([seed, epoch]).permutation(len(pixels))
    order = order[: len(order) // BATCH * BATCH or None]

    def load(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return pixels[chosen], classes[chosen].astype(np.int32)

    def prepare(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        loaded, targets = tf.numpy_function(load, [chosen], [tf.uint8, tf.int32])
        loaded.set_shape([None, *pixels.shape[1:]])
        targets.set_shape([None, len(TASKS)])
        return augment(loaded, side=side), targets

    return tf.data.Dataset.from_tensor_slices(order).batch(BATCH).map(prepare).prefetch(3)


def _make_step(classifier: tf_keras.Model, optimizer: tf_keras.optimizers.Optimizer):
    losses = {
        task: tf_keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=LABEL_SMOOTHING
        )
        for task in TASKS
    }

    @tf.function(reduce_retracing=True)
    def step(images: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            outputs = classifier(images, training=True)
            loss = tf.add_n(
                [
                    losses[task](tf.one_hot(targets[:, index], count), outputs[index])
                    for index, (task, count) in enumerate(TASKS.items())
                ]
            )
        gradients = tape.gradient(loss, classifier.trainable_variables)
        optimizer.apply_gradients(zip(gradients, classifier.trainable_variables, strict=True))
        guesses = tf.stack([tf.argmax(output, -1, tf.int32) for output in outputs], axis=1)
        return loss, tf.reduce_mean(tf.cast(guesses == targets, tf.float32), axis=0)

    return step


def pretrain(*, pictures: Path, run: Path, seed: int, epochs: int, bfloat16: bool = True) -> Path:
    """Train from random weights, or go on where an earlier call stopped.

    Args:
        pictures: A folder of ``draw_pictures``.
        run: Gets checkpoints, ``history.jsonl`` (one line per epoch) and the weights.
        seed: Decides the initial weights, the order and the variations.
        epochs: Passes over the pictures.
        bfloat16: Multiply in bfloat16, which is faster on recent processors; weights stay float32.

    Returns:
        The file with the backbone's weights.
    """
    tf_keras.mixed_precision.set_global_policy("mixed_bfloat16" if bfloat16 else "float32")
    tf_keras.utils.set_random_seed(seed)
    backbone = build_backbone()
    classifier = _build_classifier(backbone)
    steps = max(1, len(open_pictures(pictures)[0]) // BATCH)
    optimizer = _optimizer(steps * epochs, classifier)
    done = tf.Variable(0, dtype=tf.int64)
    state = tf.train.Checkpoint(classifier=classifier, optimizer=optimizer, done=done)
    manager = tf.train.CheckpointManager(state, str(run / "checkpoints"), max_to_keep=2)
    manager.restore_or_initialize()
    step = _make_step(classifier, optimizer)
    for epoch in range(int(done), epochs):
        _train_epoch(step, pictures=pictures, run=run, seed=seed, epoch=epoch, epochs=epochs)
        done.assign(epoch + 1)
        manager.save()
    weights = run / "backbone.weights.h5"
    backbone.save_weights(weights)
    return weights


def _train_epoch(step, *, pictures: Path, run: Path, seed: int, epoch: int, epochs: int) -> None:
    side = SIDE if epoch >= round(epochs * (1 - FULL_SIDE_SHARE)) else SMALL_SIDE
    tf.random.set_seed(seed * 1000 + epoch)
    begin = time.perf_counter()
    results = [step(*batch) for batch in _batches(pictures, side=side, seed=seed, epoch=epoch)]
    line = {
        "epoch": epoch + 1,
        "side": side,
        "seconds": round(time.perf_counter() - begin, 1),
        "loss": round(float(np.mean([loss for loss, _ in results])), 4),
    }
    accuracy = np.mean([accuracy for _, accuracy in results], axis=0)
    line |= {task: round(float(value), 4) for task, value in zip(TASKS, accuracy, strict=True)}
    with (run / "history.jsonl").open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    options = vars(parser.parse_args(arguments))
    tf.config.threading.set_intra_op_parallelism_threads(options.pop("threads"))
    options["run"].mkdir(parents=True, exist_ok=True)
    print(pretrain(**options))


if __name__ == "__main__":
    main()
