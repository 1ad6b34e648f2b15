"""Where a job finds its inputs and puts its outputs: SageMaker's environment, or flags.

The SageMaker training toolkit sets ``SM_*`` and passes the hyperparameters both as flags and in
``SM_HPS``; SDK v3's driver does the same with other spellings of nothing (``null`` for ``''``).
"""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.specs.hyperparameters import canonical_name
from ic_tf_sdk.specs.sagemaker_names import of_algorithm
from ic_tf_sdk.training.devices import hosts
from ic_tf_sdk.training.devices.hosts import ALONE, APPEARANCE_SECONDS, Hosts
from ic_tf_sdk.training.feed import store_place

if TYPE_CHECKING:
    from ic_tf_sdk.training.feed.feature_store import FeatureStore

__all__ = ["CHECKPOINT_SECONDS", "Environment", "read"]

CHECKPOINT_SECONDS = 300.0
"""Time between checkpoints within an epoch: the most work that a lost machine costs."""

_CHANNELS = ("training", "validation", "test", "model")


@dataclass(frozen=True)
class Environment:
    """One job's paths and its hyperparameters as they were sent.

    Attributes:
        training: The folder of the training images.
        validation: The folder of the validation images; None to split them off the training ones.
        test: The folder of the test images; None for a job without a test.
        model: The archive, or the folder, of the model to start from.
        model_dir: The folder of what will be ``model.tar.gz``.
        output_data_dir: The folder of the reports.
        checkpoint_dir: The folder of the checkpoints.
        checkpoint_seconds: The time between checkpoints within an epoch; each epoch's end has one
            anyway.
        hyperparameters: Name -> value as they were sent, not yet checked.
        hosts: The hosts of the job, and which of them this is.
        host_seconds: How long to wait for the other hosts.
        stopped_model: The ``model.tar.gz`` to write of the best epoch so far when the process is
            asked to end; None to end with a checkpoint alone.
        report_phases: Whether the log has lines for the program that reads it: how far each phase
            is, and which lines are warnings.
        feature_store: The folder of features that jobs share; None to share none.
        feature_store_bytes: How large it may become.
        exclude: A JSON object, channel name -> list of files relative to its folder, that are left
            out as if they were not there; None leaves out none.
        rehearse: The folder of the images that the model was trained on, of which a sample is
            trained with the new ones; None trains on the new ones alone.
    """

    training: Path
    validation: Path | None
    test: Path | None
    model: Path
    model_dir: Path
    output_data_dir: Path
    checkpoint_dir: Path
    checkpoint_seconds: float
    hyperparameters: dict[str, object]
    hosts: Hosts = ALONE
    host_seconds: float = APPEARANCE_SECONDS
    stopped_model: Path | None = None
    report_phases: bool = False
    feature_store: Path | None = None
    feature_store_bytes: int = store_place.MOST_BYTES
    exclude: Path | None = None
    rehearse: Path | None = None

    def __post_init__(self) -> None:
        """Refuse folders of which one would become part of another's content.

        Raises:
            UserError: The checkpoints or the reports would lie in the served model, or both in one
                folder.
        """
        folders = {
            "--model_dir": self.model_dir.resolve(),
            "--output_data_dir": self.output_data_dir.resolve(),
            "--checkpoint_dir": self.checkpoint_dir.resolve(),
        }
        model = folders["--model_dir"]
        problems = [
            f"{name} ({path}) is or lies in --model_dir ({model}), all of which becomes the model"
            for name, path in folders.items()
            if name != "--model_dir" and path.is_relative_to(model)
        ]
        if len(set(folders.values())) == 2 and not problems:
            problems = ["--output_data_dir and --checkpoint_dir are one folder"]
        if problems:
            raise UserError(f"{'; '.join(problems)}. Give each a folder of its own.")

    def store(self) -> "FeatureStore | None":
        """The features that jobs share; None for a job that shares none."""
        if self.feature_store is None:
            return None
        # A plan is made without numpy.
        from ic_tf_sdk.training.feed.feature_store import FeatureStore

        return FeatureStore(self.feature_store, self.feature_store_bytes)


def read(arguments: Sequence[str], environ: Mapping[str, str]) -> Environment:
    """Read a job's environment; flags win over variables.

    Args:
        arguments: The command line without the program's name.
        environ: The environment, usually ``os.environ``.

    Raises:
        UserError: A channel that every job needs is missing, or the line or a variable cannot be
            read.
    """
    # What is no path is a hyperparameter, whose names the schema knows and not this parser.
    flags, rest = _parser(environ).parse_known_args(list(arguments))
    missing = [name for name in ("training", "model") if not getattr(flags, name)]
    if missing:
        raise UserError(
            f"No {' and no '.join(missing)} channel: pass --{missing[0]} DIR, or run in a "
            f"SageMaker job with a channel of that name (SM_CHANNEL_{missing[0].upper()})."
        )
    _check_seconds(flags)
    return Environment(
        training=Path(flags.training),
        validation=_optional(flags.validation),
        test=_optional(flags.test),
        model=Path(flags.model),
        # SageMaker's TensorFlow estimator adds an S3 model_dir, which no job can write to directly.
        model_dir=Path(
            environ.get("SM_MODEL_DIR", "/opt/ml/model")
            if flags.model_dir.startswith("s3://")
            else flags.model_dir
        ),
        output_data_dir=Path(flags.output_data_dir),
        checkpoint_dir=Path(flags.checkpoint_dir),
        checkpoint_seconds=flags.checkpoint_seconds,
        hyperparameters=_hyperparameters(_sent(environ), _pairs(rest)),
        hosts=hosts.read(environ),
        host_seconds=flags.host_seconds,
        stopped_model=_optional(flags.stopped_model),
        report_phases=flags.report_phases,
        feature_store=store_place.folder(environ, Path(flags.checkpoint_dir)),
        feature_store_bytes=store_place.most_bytes(environ),
        exclude=_optional(flags.exclude),
        rehearse=_optional(flags.rehearse),
    )


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are the job's, which stand in its failure file, too."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"The job's command line cannot be read: {message}.")


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="transfer_learning.py",
        description="Fine-tune an image classifier. Every other --NAME VALUE is a hyperparameter.",
        allow_abbrev=False,
    )
    for name in _CHANNELS:
        variable = f"SM_CHANNEL_{name.upper()}"
        parser.add_argument(f"--{name}", default=environ.get(variable), help=f"[{variable}]")
    for name, default in (
        ("model_dir", environ.get("SM_MODEL_DIR", "/opt/ml/model")),
        ("output_data_dir", environ.get("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data")),
        ("checkpoint_dir", "/opt/ml/checkpoints"),
    ):
        parser.add_argument(f"--{name}", default=default, help=f"default: {default}")
    parser.add_argument(
        "--checkpoint_seconds",
        type=float,
        default=CHECKPOINT_SECONDS,
        help="time between checkpoints within an epoch",
    )
    parser.add_argument(
        "--host_seconds",
        type=float,
        default=APPEARANCE_SECONDS,
        help="how long a job of several hosts waits for them at its start",
    )
    parser.add_argument(
        "--stopped_model",
        help="model.tar.gz to write of the best epoch so far when SIGTERM comes; default: none",
    )
    parser.add_argument(
        "--report_phases",
        action="store_true",
        help="say in the log, for a program that reads it, how far each phase is",
    )
    parser.add_argument(
        "--exclude",
        help="JSON file, channel -> files of it that are left out; default: none",
    )
    parser.add_argument(
        "--rehearse",
        help="folder of the images that the model was trained on; a sample of them is trained "
        "with the new ones; default: none",
    )
    return parser


def _hyperparameters(sent: dict[str, object], pairs: dict[str, object]) -> dict[str, object]:
    """What was sent, and the flags, which win also under another spelling."""
    flags = set(map(canonical_name, pairs))
    return {n: value for n, value in sent.items() if canonical_name(n) not in flags} | pairs


def _check_seconds(flags: argparse.Namespace) -> None:
    names = ("checkpoint_seconds", "host_seconds")
    # nan is no smaller than 0, and every comparison with it is false.
    wrong = [name for name in names if not 0 <= getattr(flags, name) < math.inf]
    if wrong:
        said = ", ".join(f"--{name} {getattr(flags, name):g}" for name in wrong)
        raise UserError(f"A number of seconds is 0 or more, and finite; not {said}.")


def _optional(path: str | None) -> Path | None:
    return Path(path) if path else None


def _sent(environ: Mapping[str, str]) -> dict[str, object]:
    """The hyperparameters of ``SM_HPS``, less SageMaker's own."""
    text = environ.get("SM_HPS", "").strip() or "{}"
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"SM_HPS is not JSON ({error}); it is an object of hyperparameters."
        ) from error
    if not isinstance(values, dict):
        raise UserError(f"SM_HPS must be a JSON object of hyperparameters, not {quoted(text)}.")
    return {name: value for name, value in of_algorithm(values).items() if name != "model_dir"}


def _pairs(rest: Sequence[str]) -> dict[str, object]:
    """``--name value`` and ``--name=value`` pairs that are no path."""
    pairs: dict[str, object] = {}
    words = iter(rest)
    for word in words:
        if not word.startswith("--"):
            raise UserError(
                f"{quoted(word)} stands alone; hyperparameters are given as --NAME VALUE."
            )
        name, equals, value = word[2:].partition("=")
        value = value if equals else next(words, "")
        # The toolkit spells None as '', SDK v3's driver as null.
        pairs[name] = None if value in ("", "null") else value
    return of_algorithm(pairs)


def failure_file(environ: Mapping[str, str]) -> Path | None:
    """Where SageMaker reads a failed job's reason: ``/opt/ml/output/failure``.

    The output data folder lies beside it, also where the layout is re-rooted. Outside of any such
    layout there is no such place, and None comes back.
    """
    output_data = environ.get("SM_OUTPUT_DATA_DIR")
    if output_data:
        return Path(output_data).parent / "failure"
    return Path("/opt/ml/output/failure") if Path("/opt/ml/output").is_dir() else None
