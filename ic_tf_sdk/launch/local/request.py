"""A training job as a value: printable, comparable, not yet started."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ic_tf_sdk import specs
from ic_tf_sdk.errors import HyperparameterError, UnknownModelError
from ic_tf_sdk.launch.local import location, suspects
from ic_tf_sdk.launch.local.model_source import ModelSource, locate
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs import recipe

__all__ = ["TrainingRequest", "request"]


class TrainingRequest(BaseModel):
    """Everything a local training job is started with.

    Attributes:
        model: Where the model to start from lies.
        channels: Channel name -> local folder.
        hyperparameters: Every hyperparameter as the string that SageMaker would send.
        exclude: Channel name -> files of it, relative to its folder, that are left out.
        rehearse: The folder of the images that the model was trained on, of which a sample is
            trained, too.
        kept: Those among them that the earlier training of the model says, and not its defaults.
        cached: Whether to use the features that trainings on this machine share.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model: ModelSource
    channels: dict[str, Path]
    hyperparameters: dict[str, str]
    exclude: dict[str, tuple[str, ...]] | None = None
    rehearse: Path | None = None
    kept: dict[str, str] = Field(default_factory=dict, exclude=True)
    cached: bool = Field(default=True, exclude=True)

    def anchored(self) -> "TrainingRequest":
        """The same, whatever the current folder will be."""
        channels = {name: path.absolute() for name, path in self.channels.items()}
        model = self.model.model_copy(update={"path": self.model.path.absolute()})
        rehearse = None if self.rehearse is None else self.rehearse.absolute()
        update = {"channels": channels, "model": model, "rehearse": rehearse}
        return self.model_copy(update=update)

    def note(self) -> str | None:
        """The line of the log that says which hyperparameters nobody gave; None where none are."""
        if not self.kept:
            return None
        values = ", ".join(f"{name}={value}" for name, value in self.kept.items())
        return f"Kept from the earlier training of the model: {values}"


def request(
    *,
    model: str | Path,
    training: str | Path,
    validation: str | Path | None = None,
    test: str | Path | None = None,
    hyperparameters: Mapping[str, object] | None = None,
    model_id: str | None = None,
    models: str | Path | None = None,
    exclude: suspects.Exclude | None = None,
    cached: bool = True,
) -> TrainingRequest:
    """Build and check a training request.

    Args:
        model: A model id whose weights are at hand, a pretrained archive, a SavedModel folder, or
            the ``model.tar.gz`` of an earlier job, to train it further.
        training: Folder of class folders.
        validation: Likewise; without it part of ``training`` is held out.
        test: Likewise; evaluated at the end.
        hyperparameters: What differs from the model's defaults; any accepted spelling. A model that
            is trained further keeps the recipe of its earlier training where nothing is said.
        model_id: The model id of a SavedModel folder that does not describe itself.
        models: A folder that ``ic-tf mirror`` filled, where a model id is looked for, too.
        exclude: A table as ``ic-tf check-data --labels`` writes it, or files, see
            ``suspects.listed``: these images are left out, as if they were not there.
        cached: Whether to use the features that trainings on this machine share.

    Raises:
        DatasetError: ``exclude`` cannot be read as such.
        UserError: A folder or the model lies in S3.
        UnknownModelError: Neither a path nor a model id.
        ArchiveError: The model's weights are not here.
        HyperparameterError: With every problem of ``hyperparameters``.
    """
    values = dict(hyperparameters or {})
    source = locate(model, model_id=model_id, models=models)
    defaults = _defaults(source)
    if problems := schema.problems(values, defaults or None):
        raise HyperparameterError(problems)
    texts = schema.texts(values, defaults or None)
    kept = _kept(source, defaults, texts)
    together = {**defaults, **kept, **texts}
    if problems := schema.problems(together):
        raise HyperparameterError(problems)
    given = {"training": training, "validation": validation, "test": test}
    channels = {n: location.local_path(path) for n, path in given.items() if path is not None}
    return TrainingRequest(
        model=source,
        channels=channels,
        hyperparameters=together,
        exclude=None if exclude is None else suspects.listed(exclude, channels),
        kept=kept,
        cached=cached,
    )


def _kept(
    source: ModelSource, defaults: Mapping[str, str], chosen: Mapping[str, str]
) -> dict[str, str]:
    """What the earlier training says otherwise than the defaults, and the user not at all."""
    earlier = recipe.of_run(source.trained_with).items()
    kept = {name: value for name, value in earlier if name not in chosen}
    # What another version wrote need not be a value of this one, nor go with what the user says.
    return {
        name: value
        for name, value in kept.items()
        if defaults.get(name, schema.default_text(name)) != value
        and not schema.problems({**chosen, name: value})
    }


def _defaults(source: ModelSource) -> dict[str, str]:
    """The catalogue's defaults of the model; the algorithm's own for a model it does not know."""
    try:
        return dict(specs.get(source.model_id).hyperparameters)
    except UnknownModelError:
        return {}
