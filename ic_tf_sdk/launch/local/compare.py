"""Comparing trainings that have ended."""

from pathlib import Path

from ic_tf_sdk import s3
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local import finished_run
from ic_tf_sdk.launch.local.compared_runs import ComparedRuns

__all__ = ["compare"]


def compare(*outputs: str | Path) -> ComparedRuns:
    """Lay trainings side by side: settings that differ, accuracy with its error, time, curves.

    Args:
        outputs: Each the output folder of ``ic-tf fit``, of a ``LocalEstimator``'s job, or a copy
            of what a job on SageMaker left (``model.tar.gz`` and ``output.tar.gz``); or a
            ``model.tar.gz``. What a run lacks is told, and the run stays.

    Raises:
        UserError: Some are not there, or lie in S3; all of them are named.

    Example:
        >>> from ic_tf_sdk import embedded, launch
        >>> model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
        >>> found = launch.compare(model)
        >>> found.runs[0].accuracy is None, len(found.notes()) > 0
        (True, True)
    """
    if not outputs:
        raise UserError("Name the trainings to compare: output folders, or model.tar.gz.")
    for one in outputs:
        s3.require_local(str(one), instead="Copy it with `aws s3 cp --recursive`.")
    absent = [str(one) for one in outputs if not Path(one).exists()]
    if absent:
        there = "does not exist" if len(absent) == 1 else "do not exist"
        raise UserError(
            f"{', '.join(absent)} {there}; give output folders of trainings, or model.tar.gz."
        )
    return ComparedRuns(tuple(finished_run.read(Path(one)) for one in outputs))
