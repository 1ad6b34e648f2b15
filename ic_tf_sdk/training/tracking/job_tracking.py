"""What of a job its run of MLflow says."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from ic_tf_sdk.contract import tracking_place
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.specs.hyperparameters import as_text
from ic_tf_sdk.training.loop.interruption import Interruption
from ic_tf_sdk.training.plan import Plan
from ic_tf_sdk.training.tracking.tracked_run import TrackedRun, tracked

__all__ = ["hand_over", "of"]


def of(
    plan: Plan, info: ModelInfo, identity: Mapping[str, str], interruption: Interruption
) -> AbstractContextManager[TrackedRun | None]:
    """Track a job, where the environment names a server; of several hosts the chief does.

    Args:
        plan: The checked job.
        info: The description of the model that it starts from.
        identity: What a checkpoint must agree with to be taken up: a job that is resumed goes on in
            its run.
        interruption: Whether the process was asked to end.
    """
    environment = plan.environment
    if not environment.hosts.chief:
        return nullcontext()
    return tracked(
        hashlib.sha256(json.dumps(sorted(identity.items())).encode()).hexdigest(),
        info.model_id,
        _tags(plan, info, identity),
        {name: as_text(value) for name, value in plan.hyperparameters},
        environment.checkpoint_dir / tracking_place.RUN_FILE,
        lambda: interruption.requested,
    )


def _tags(plan: Plan, info: ModelInfo, identity: Mapping[str, str]) -> dict[str, str]:
    tags = {"model.id": info.model_id, "model.version": info.model_version}
    for name, folder in plan.channels().items():
        # What is held out of the training images has their folder.
        tags[f"data.{name}"] = str(folder.root)
        tags[f"data.{name}.images"] = str(len(folder.files))
    tags["data.classes"] = str(len(plan.labels))
    tags["data.digest"] = identity["the training images"]
    return tags


def hand_over(run: TrackedRun | None, plan: Plan) -> None:
    """Let a run have the results of its job, which has ended.

    Args:
        run: The run; None where nothing is tracked.
        plan: The job.
    """
    if run is None:
        return
    environment, binary = plan.environment, plan.hyperparameters.binary_mode
    run.reports(environment.output_data_dir)
    run.model(environment.model_dir, plan.labels, binary=binary)
