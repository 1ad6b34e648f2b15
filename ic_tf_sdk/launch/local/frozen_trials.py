"""Trainings of the layers on a frozen backbone that share one pass of the images."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ic_tf_sdk.backbones import feature_cache
from ic_tf_sdk.contract import gpu_memory, metric_lines, output_files
from ic_tf_sdk.launch.local.backbone_facts import Backbone
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.training import environment, plan

__all__ = ["HEAD_ALONE", "FrozenTrials", "is_frozen"]

HEAD_ALONE = frozenset(
    (
        *("batch_size", "beta_1", "beta_2", "class_weight", "clip_norm", "dropout_rate"),
        *("early_stopping", "early_stopping_min_delta", "early_stopping_patience", "ema_decay"),
        *("epochs", "epsilon", "head_solver", "initial_accumulator_value", "label_smoothing"),
        *("learning_rate", "learning_rate_schedule", "momentum", "optimizer"),
        *("regularizers_l2", "rho", "warmup_ratio"),
    )
)
"""Hyperparameters that change nothing before the classification layer."""


def is_frozen(hyperparameters: Mapping[str, str]) -> bool:
    """Whether each image passes the backbone once, as text that is sent says.

    Args:
        hyperparameters: All hyperparameters of a job, as they are sent.
    """
    given = schema.parse(hyperparameters)
    frozen = given.train_only_on_top and not given.augmentation
    return frozen and given.feature_cache == "auto"


class FrozenTrials:
    """The images of a request, passed once, and any number of trainings on their features.

    Args:
        request: The training, with its hyperparameters; its test channel is left aside.

    Raises:
        UserError: One of its subclasses: the job would refuse its input.
    """

    def __init__(self, request: TrainingRequest) -> None:
        from ic_tf_sdk.contract.scratch_folder import scratch_folder
        from ic_tf_sdk.training.feed.frozen_pass import FrozenPass
        from ic_tf_sdk.training.graph.preprocessing import Preprocessing
        from ic_tf_sdk.training.loop.examples import ChannelExamples
        from ic_tf_sdk.training.loop.head_trial import HeadTrials
        from ic_tf_sdk.training.readable_images import readable

        # The job of the best trial has the rest, in its own process.
        os.environ.update(gpu_memory.variables(os.environ))
        store = feature_cache.store(used=request.cached)
        backbone = Backbone(request.model, store)
        info = backbone.info
        with scratch_folder("plan") as scratch:
            job_plan = readable(plan.make(_environment(request, scratch)))
        interpolation = job_plan.hyperparameters.image_resize_interpolation
        size = (info.input_height, info.input_width)
        preprocessing = Preprocessing(*size, interpolation, info.pixel_range)
        with scratch_folder("trials") as scratch:
            frozen = FrozenPass(backbone.frozen(), preprocessing, store)
            channels = ChannelExamples(job_plan.hyperparameters, frozen, scratch)
            examples: Any = channels.of(job_plan.channels())
        self._trials = HeadTrials(examples["training"], examples.get("validation"))

    def run(self, hyperparameters: Mapping[str, str]) -> tuple[list[str], int]:
        """One training.

        Args:
            hyperparameters: As they are sent; the request's but for ``HEAD_ALONE``.

        Returns:
            The lines of its epochs as the log of a job has them, and the index of the best one.

        Raises:
            HyperparameterError: The training diverged from its first epoch on.
        """
        progress = self._trials.run(schema.parse(hyperparameters))
        count = len(progress.epochs)
        times = zip(progress.seconds, progress.epochs, strict=True)
        lines = [
            metric_lines.epoch_line(number, count, seconds, metrics)
            for number, (seconds, metrics) in enumerate(times, start=1)
        ]
        return lines, progress.best_epoch


def _environment(request: TrainingRequest, folder: Path) -> environment.Environment:
    """What a job of the request would find; what it leaves out stands in a file of the folder."""
    exclude = folder / "exclude.json" if request.exclude else None
    if exclude is not None:
        output_files.write_json(exclude, request.exclude)
    nowhere = Path(gettempdir(), "ic-tf-no-output")
    return environment.Environment(
        training=request.channels["training"],
        validation=request.channels.get("validation"),
        test=None,
        model=request.model.path,
        model_dir=nowhere / "model",
        output_data_dir=nowhere / "output",
        checkpoint_dir=nowhere / "checkpoints",
        checkpoint_seconds=environment.CHECKPOINT_SECONDS,
        hyperparameters=dict(request.hyperparameters),
        exclude=exclude,
        rehearse=request.rehearse,
    )
