"""Names of arguments: one that a function does not have is answered with the one that was meant."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.launch.sdk_arguments import ON_SAGEMAKER_ONLY, SDK_NAMES, SDK_ONLY

__all__ = ["refuse", "refuse_misspelt", "unknown_name"]


def unknown_name(function: str, name: str, known: Iterable[str]) -> str:
    """The sentence about an argument that a function does not have.

    Args:
        function: Name of the function, as it was called.
        name: Name of the argument, as it was written.
        known: Names of the arguments that the function has.
    """
    names = list(known)
    if SDK_NAMES.get(name) in names:
        return f"{function} has no argument {name!r}; here it is called {SDK_NAMES[name]!r}."
    if name in SDK_ONLY:
        return f"{function} has no argument {name!r}: it {SDK_ONLY[name]}. Leave it out."
    if name in ON_SAGEMAKER_ONLY and "hyperparameters" in names:
        return (
            f"{function} has no argument {name!r}: the jobs here do without. The SDK's Estimator "
            "takes it, beside what `training_job(...).estimator_arguments()` gives."
        )
    hint = did_you_mean(nearest(name, names, 1)) or f" It has {', '.join(names)}."
    return f"{function} has no argument {name!r}.{hint}"


def refuse(problems: Sequence[str]) -> None:
    """Raise one error with every problem, each on a line of its own; nothing where there is none.

    Args:
        problems: One sentence each.

    Raises:
        UserError: There is a problem.
    """
    if len(problems) == 1:
        raise UserError(problems[0])
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise UserError(f"{len(problems)} arguments cannot be used:{lines}")


def refuse_misspelt(
    function: str,
    arguments: Mapping[str, object],
    ignored: frozenset[str],
    *,
    beside: Collection[str],
) -> None:
    """Let a notebook pass what has no effect here, and refuse what it misspells.

    Args:
        function: Name of the function, as it was called.
        arguments: Further arguments of the call, by name.
        ignored: Names that may be given, and have no effect.
        beside: Names that the function has besides; a misspelt name may mean one of them.

    Raises:
        UserError: With every name that is unknown, or an instance count other than 1.
    """
    known = sorted({*ignored, *beside})
    refuse(
        [
            f"{function} has no argument {quoted(name)}.{did_you_mean(nearest(name, known, 1))}"
            for name in arguments
            if name not in ignored
        ]
    )
    if arguments.get("instance_count", 1) != 1:
        raise UserError("There is one machine here: the instance count must be 1.")
