"""Jobs and endpoints on instances that AWS still has: what to say of one that it has not."""

from ic_tf_sdk.enums import Scope
from ic_tf_sdk.launch.callers_warning import warn
from ic_tf_sdk.specs.instance_families import Use, retirement, retirement_warning
from ic_tf_sdk.specs.source import ContentSource

__all__ = ["default_instance_type", "warn_of_retired"]


def default_instance_type(source: ContentSource, scope: Scope) -> str:
    """The type to take where none was given; a warning says where the source names a retired one.

    Args:
        source: Whose default it is.
        scope: What the instance is for.
    """
    named, living = source.default_instance_type(scope), source.living_instance_type(scope)
    if living != named:
        text = f"{retirement(named)} The model's spec names it; {living} is taken instead."
        warn(f"{text} Name an instance type to choose another.")
    return living


def warn_of_retired(source: ContentSource, instance_type: str, use: Use) -> bool:
    """Warn of a type that AWS takes out of service, with the one to take instead.

    Args:
        source: Whose images run there.
        instance_type: For example ``"ml.p3.2xlarge"``.
        use: What it is to be used for.

    Returns:
        Whether it is such a type.
    """
    text = retirement_warning(instance_type, use, source.families()["gpu"])
    if text:
        warn(text)
    return bool(text)
