"""Train the network to name what was drawn, to know a picture again in another view, or both.

    python -m tools.embedded.pretrain PICTURES RUN --seed 1

Can be stopped at any time and started again with the same command: it goes on at the last epoch
that was finished. ``RUN/backbone.weights.h5`` appears at the end.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from ic_tf_sdk.training.feed.batches import untuned
from tools.embedded import formulas, textures
from tools.embedded.augment import augment
from tools.embedded.contrastive import contrastive_loss, projection
from tools.embedded.network import SIDE, build_backbone
from tools.embedded.pictures import open_pictures
from tools.embedded.scene import TASKS

__all__ = ["Recipe", "pretrain"]

BATCH = 128
PEAK_LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.1
# The last share of the epochs sees the full input size; the others a cheaper, smaller one.
SMALL_SIDE, FULL_SIDE_SHARE = 64, 0.2

# The family of a formula or texture is learned sooner than which of its members it is.
FAMILIES = {"formula": len(formulas.FAMILIES), "texture": len(textures.FAMILIES)}
HEADS = TASKS | {f"{task} family": count for task, count in FAMILIES.items()}


@dataclass(frozen=True)
class Recipe:
    """What decides the trained weights, beside the pictures.

    Attributes:
        seed: Of the initial weights, the order and the variations.
        epochs: Passes over the pictures.
        bfloat16: Multiply in bfloat16, faster on recent processors; weights stay float32.
        objective: "supervised" by formula, palette and texture; "contrastive" between two views of
            a picture; or "both", which measured best. Two views cost what two pictures cost.
    """

    seed: int = 1
    epochs: int = 5
    bfloat16: bool = True
    objective: str = "both"

    @property
    def views(self) -> int:
        """Variations of each picture in a batch."""
        return 1 if self.objective == "supervised" else 2


def _build_classifier(backbone: tf_keras.Model) -> tf_keras.Model:
    """The backbone with one linear classifier for each task."""
    heads = [
        tf_keras.layers.Dense(count, name=task.replace(" ", "_"), dtype="float32")(backbone.output)
        for task, count in HEADS.items()
    ]
    return tf_keras.Model(backbone.input, [*heads, projection(backbone.output)])


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


def _targets(classes: np.ndarray) -> np.ndarray:
    """The class of each head, int32 [batch, heads], from that of each task."""
    position = list(TASKS)
    families = [classes[:, position.index(task)] % count for task, count in FAMILIES.items()]
    return np.concatenate([classes, np.stack(families, 1)], 1).astype(np.int32)


def _batches(folder: Path, *, side: int, recipe: Recipe, epoch: int) -> tf.data.Dataset:
    """One epoch of varied pictures in an order that seed and epoch decide."""
    pixels, classes = open_pictures(folder)
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(pixels))
    order = order[: len(order) // BATCH * BATCH or None]

    def load(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return pixels[chosen], _targets(classes[chosen])

    def prepare(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        loaded, targets = tf.numpy_function(load, [chosen], [tf.uint8, tf.int32])
        loaded.set_shape([None, *pixels.shape[1:]])
        targets.set_shape([None, len(HEADS)])
        views = [augment(loaded, side=side) for _ in range(recipe.views)]
        return tf.concat(views, 0), tf.tile(targets, [recipe.views, 1])

    return untuned(tf.data.Dataset.from_tensor_slices(order).batch(BATCH).map(prepare).prefetch(3))


def _make_step(
    classifier: tf_keras.Model, optimizer: tf_keras.optimizers.Optimizer, objective: str
):
    losses = {
        task: tf_keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=LABEL_SMOOTHING
        )
        for task in HEADS
    }

    @tf.function(reduce_retracing=True)
    def step(images: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            *outputs, projected = classifier(images, training=True)
            parts = [
                losses[task](tf.one_hot(targets[:, index], count), outputs[index])
                for index, (task, count) in enumerate(HEADS.items())
            ]
            parts = [] if objective == "contrastive" else parts
            parts += [] if objective == "supervised" else [contrastive_loss(projected)]
            loss = tf.add_n(parts)
        variables = classifier.trainable_variables
        gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        guesses = tf.stack([tf.argmax(output, -1, tf.int32) for output in outputs], axis=1)
        return loss, tf.reduce_mean(tf.cast(guesses == targets, tf.float32), axis=0)

    return step


def pretrain(
    *, recipe: Recipe, pictures: Path, run: Path, stop_after: int | None = None
) -> Path | None:
    """Train from random weights, or go on where an earlier call stopped.

    Args:
        recipe: What decides the result.
        pictures: A folder of ``draw_pictures``.
        run: Gets checkpoints, ``history.jsonl`` (one line per epoch) and the weights.
        stop_after: Stop when so many epochs are done in all; None goes to the end.

    Returns:
        The file with the backbone's weights; None when stopped before the end.
    """
    tf_keras.mixed_precision.set_global_policy("mixed_bfloat16" if recipe.bfloat16 else "float32")
    tf_keras.utils.set_random_seed(recipe.seed)
    backbone = build_backbone()
    classifier = _build_classifier(backbone)
    steps = max(1, len(open_pictures(pictures)[0]) // BATCH)
    optimizer = _optimizer(steps * recipe.epochs, classifier)
    done = tf.Variable(0, dtype=tf.int64)
    state = tf.train.Checkpoint(classifier=classifier, optimizer=optimizer, done=done)
    manager = tf.train.CheckpointManager(state, str(run / "checkpoints"), max_to_keep=2)
    manager.restore_or_initialize()
    step = _make_step(classifier, optimizer, recipe.objective)
    for epoch in range(int(done), min(recipe.epochs, stop_after or recipe.epochs)):
        line = _train_epoch(step, recipe=recipe, pictures=pictures, epoch=epoch)
        done.assign(epoch + 1)
        manager.save()
        _log(line, run / "history.jsonl")
    if int(done) < recipe.epochs:
        return None
    weights = run / "backbone.weights.h5"
    backbone.save_weights(weights)
    return weights


def _train_epoch(step, *, recipe: Recipe, pictures: Path, epoch: int) -> dict[str, float]:
    """One pass over the pictures; the mean loss and each task's accuracy on what it saw."""
    full_epochs = max(1, round(recipe.epochs * FULL_SIDE_SHARE))
    side = SIDE if epoch >= recipe.epochs - full_epochs else SMALL_SIDE
    tf.random.set_seed(recipe.seed * 1000 + epoch)
    begin = time.perf_counter()
    batches = _batches(pictures, side=side, recipe=recipe, epoch=epoch)
    losses, accuracies = zip(*(step(*batch) for batch in batches), strict=True)
    seconds = time.perf_counter() - begin
    named = dict(zip(HEADS, np.mean(accuracies, axis=0).tolist(), strict=True))
    return {
        "epoch": epoch + 1,
        "side": side,
        "seconds": seconds,
        "loss": float(np.mean(losses)),
    } | named


def _log(line: dict[str, float], path: Path) -> None:
    text = json.dumps({name: round(value, 4) for name, value in line.items()})
    with path.open("a") as stream:
        stream.write(text + "\n")
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--stop-after", type=int, help="epochs in all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument(
        "--objective", choices=["supervised", "contrastive", "both"], default=Recipe.objective
    )
    options = parser.parse_args(arguments)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(options.seed, options.epochs, options.bfloat16, options.objective)
    weights = pretrain(
        recipe=recipe, pictures=options.pictures, run=options.run, stop_after=options.stop_after
    )
    print(weights or "stopped; the same command goes on")


if __name__ == "__main__":
    main()
