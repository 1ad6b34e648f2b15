"""Hyperparameters as the script that a job will run knows them: this package's, or AWS's own."""

from collections.abc import Mapping

from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.source import JUMPSTART, ContentSource

__all__ = ["checked", "script_hyperparameters"]

# AWS's script knows the name of the real spec only.
_AWS_NAMES = {"train_only_on_top": "train_only_top_layer"}


def script_hyperparameters(
    values: Mapping[str, object], *, bucket: str | None = None
) -> dict[str, str]:
    """Hyperparameters for an ``Estimator`` that you build yourself.

    ``retrieve_default`` says ``train_only_on_top``; AWS's own script, which runs where nothing was
    published, knows ``train_only_top_layer`` alone and leaves the other name unread. The helpers
    of ``launch`` call this themselves.

    Args:
        values: Names, in any accepted spelling, and values.
        bucket: The bucket that ``ic-tf publish`` filled; None asks the settings and the
            environment, and without them AWS's own script is meant.

    Returns:
        Name -> value as text, in the order of ``values``.

    Raises:
        HyperparameterError: With every problem; of AWS's script also the names that are this
            package's own.
    """
    source = content.of_bucket(bucket)
    return checked(source, values)


def checked(
    source: ContentSource, given: Mapping[str, object], defaults: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The same for a content source.

    Args:
        source: Whose script runs.
        given: Checked.
        defaults: What they are put over.

    Raises:
        HyperparameterError: With every problem.
    """
    found = schema.problems(given)
    named = {schema.canonical_name(name): schema.as_text(value) for name, value in given.items()}
    if source.name == JUMPSTART:
        found += [
            f"{name!r} is this package's own; AWS's script does not know it. Leave it out, or "
            "publish this package's script (`ic-tf publish`) and give its bucket."
            for name in named
            if name in schema.ADDITIONS
        ]
    if found:
        raise HyperparameterError(found)
    values = {**(defaults or {}), **named}
    names = _AWS_NAMES if source.name == JUMPSTART else {}
    return {names.get(name, name): value for name, value in values.items()}
