"""What a shell offers for a model: ids of the catalogue, and files where a path will do."""

import click
from click.shell_completion import CompletionItem

__all__ = ["model_ids", "model_ids_or_files"]


def model_ids(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """The ids that begin so; where none does, those that hold it: ``mobilenet-v2-035``.

    Args:
        ctx: As click gives it.
        param: Likewise.
        incomplete: What was typed.
    """
    # Not before: the shell asks for words of every kind.
    from ic_tf_sdk import specs

    ids = specs.model_ids()
    typed = incomplete.lower().replace("_", "-")
    fitting = [one for one in ids if one.startswith(typed)] or [one for one in ids if typed in one]
    return [CompletionItem(one) for one in fitting]


def model_ids_or_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The same where a path can be given instead: files, unless an id fits what was typed.

    Args:
        ctx: As click gives it.
        param: Likewise.
        incomplete: What was typed.
    """
    ids = model_ids(ctx, param, incomplete) if incomplete else []
    return ids or [CompletionItem(incomplete, type="file")]
