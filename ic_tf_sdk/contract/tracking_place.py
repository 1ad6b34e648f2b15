"""Where trainings are tracked: the server of MLflow that an environment variable names.

The variable is MLflow's own, so that a machine that tracks other trainings tracks these, too. Its
value may hold a password, and is never printed.
"""

from collections.abc import Mapping

__all__ = ["RUN_FILE", "VARIABLE", "is_named"]

VARIABLE = "MLFLOW_TRACKING_URI"

RUN_FILE = "mlflow-run.json"
"""Beside a job's checkpoints: the run that goes on when the training does."""


def is_named(environ: Mapping[str, str]) -> bool:
    """Whether trainings are to be tracked.

    Args:
        environ: The environment, usually ``os.environ``.
    """
    return bool(environ.get(VARIABLE, "").strip())
