"""Hyperparameters as the script that a job will run knows them: this package's, or AWS's own."""

from collections.abc import Mapping

from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameter_rules
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.pipeline_variable import PipelineVariable
from ic_tf_sdk.specs.source import JUMPSTART, ContentSource

__all__ = ["for_script", "script_hyperparameters"]

# AWS's script knows the name of the real spec only.
_AWS_NAMES = {"train_only_on_top": "train_only_top_layer"}


def script_hyperparameters(
    values: Mapping[str, object], *, bucket: str | None = None
) -> dict[str, str | PipelineVariable]:
    """Hyperparameters for an ``Estimator`` that you build yourself.

    ``retrieve_default`` says ``train_only_on_top``; AWS's own script, which runs where nothing was
    published, knows ``train_only_top_layer`` alone and leaves the other name unread. The helpers
    of ``launch`` call this themselves.

    Args:
        values: Names, in any accepted spelling, and values; pipeline variables stay as they are.
        bucket: The bucket that ``ic-tf publish`` filled; None asks the settings and the
            environment, and without them AWS's own script is meant.

    Returns:
        Name -> value as text, in the order of ``values``.

    Raises:
        HyperparameterError: With every problem; of AWS's script also the names that are this
            package's own.

    Example:
        >>> script_hyperparameters({"epochs": 5, "train_only_on_top": True})
        {'epochs': '5', 'train_only_top_layer': 'True'}
        >>> script_hyperparameters({"train_only_on_top": True}, bucket="my-bucket")
        {'train_only_on_top': 'True'}
    """
    return for_script(content.of_bucket(bucket), values)


def for_script(
    source: ContentSource,
    hyperparameters: Mapping[str, object],
    defaults: Mapping[str, str] | None = None,
) -> dict[str, str | PipelineVariable]:
    """Hyperparameters as the script of a content source reads them.

    Args:
        source: The content source whose script runs.
        hyperparameters: Names, in any accepted spelling, and values.
        defaults: Canonical name -> value of those that are not named; None adds none.

    Raises:
        HyperparameterError: With every problem.
    """
    problems = schema.problems(hyperparameters, defaults, open_values=True)
    if source.name == JUMPSTART:
        problems += [
            f"{name!r} is this package's own; AWS's script does not know it. Leave it out, or "
            "publish this package's script (`ic-tf publish`) and give its bucket."
            for name in map(schema.canonical_name, hyperparameters)
            if name in schema.ADDITIONS
        ]
    if problems:
        raise HyperparameterError(problems)
    values = {**(defaults or {}), **schema.texts(hyperparameters, defaults)}
    if problems := hyperparameter_rules.broken(values):
        raise HyperparameterError(problems)
    names = _AWS_NAMES if source.name == JUMPSTART else {}
    return {names.get(name, name): value for name, value in values.items()}
