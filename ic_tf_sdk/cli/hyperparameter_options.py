"""Every hyperparameter as an option of a command, made from the schema: ``--epochs 3``."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.specs.hyperparameter_table import Row, rows

__all__ = ["HyperparameterCommand", "given", "hyperparameter_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_KEY = "ic_tf_sdk.hyperparameters"


class _HyperparameterOption(click.Option):
    """Its value is text, as with ``--set``; ``given`` has it."""


class HyperparameterCommand(click.Command):
    """A command whose help has its hyperparameters in a section of their own, at the end."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of the command, then the hyperparameters."""
        for title, are_hyperparameters in (
            ("Options", False),
            ("Hyperparameters, each also as --set NAME=VALUE", True),
        ):
            records = [
                parameter.get_help_record(ctx)
                for parameter in self.get_params(ctx)
                if isinstance(parameter, click.Option)
                and isinstance(parameter, _HyperparameterOption) == are_hyperparameters
            ]
            with formatter.section(title):
                formatter.write_dl([record for record in records if record is not None])


def hyperparameter_options(command: _Command) -> _Command:
    """An option for each hyperparameter of the schema, in its order."""
    for row in reversed(rows()):
        command = click.option(
            f"--{row.name.replace('_', '-')}",
            row.name,
            cls=_HyperparameterOption,
            metavar=_metavar(row),
            help=row.description,
            expose_value=False,
            callback=_keep,
        )(command)
    return command


def given(settings: Mapping[str, str]) -> dict[str, str]:
    """The hyperparameters of the running command, of options and ``--set`` together.

    Args:
        settings: Those of ``--set``, under any of their spellings.

    Raises:
        UserError: One of them has two values.
    """
    from ic_tf_sdk.specs.hyperparameters import canonical_name

    options: dict[str, str] = click.get_current_context().meta.get(_KEY, {})
    set_too = {canonical_name(name): value for name, value in settings.items()}
    twice = [name for name in options if set_too.get(name, options[name]) != options[name]]
    if twice:
        raise UserError("\n".join(_conflict(name, options, set_too) for name in twice))
    return {**options, **settings}


def _conflict(name: str, options: Mapping[str, str], settings: Mapping[str, str]) -> str:
    option = f"--{name.replace('_', '-')} {options[name]}"
    return f"{option} and --set {name}={settings[name]} are two values; give one."


def _keep(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.meta.setdefault(_KEY, {})[option.name] = value


def _metavar(row: Row) -> str:
    return (
        "|".join(row.options)
        if row.options
        else row.range.replace(" or more", "..").replace(" to ", "..")
    )
