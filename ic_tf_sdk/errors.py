"""Every error that ic_tf_sdk raises on purpose, in one tree.

::

    IcTfSdkError
    ├── UserError (ValueError)             what was given cannot be used; the text says what can
    │   ├── UnknownModelError (KeyError)        no such model id
    │   ├── UnknownVersionError (KeyError)      the model id has no such version
    │   ├── DeprecatedModelError                its spec says deprecated, and that is not tolerated
    │   ├── VulnerableModelError                its spec says vulnerable, and that is not tolerated
    │   ├── EmbeddedModelError                  the model ships in the package; AWS has no files
    │   ├── MissingArgumentError                a required argument was not given
    │   ├── UnsupportedArgumentError (TypeError)     an argument that means nothing here
    │   ├── UnsupportedScopeError (NotImplementedError)  not one of 'training' and 'inference'
    │   ├── UnknownRegionError                  JumpStart, or the image, is not in this region
    │   ├── UnknownInstanceTypeError            no image runs on this instance type
    │   ├── UnknownImageError                   no such TensorFlow image version
    │   ├── FilterError                         a filter of list_models cannot be read
    │   ├── HyperparameterError                 one or more hyperparameters; ``.problems`` lists all
    │   ├── DatasetError                        a folder of images that cannot be trained on
    │   ├── ArchiveError                        a model archive or SavedModel that cannot be used
    │   ├── OutputExistsError (FileExistsError) refusing to overwrite
    │   ├── FileAccessError (OSError)           a file or folder cannot be read or written
    │   └── RequestRefusedError                 an inference request that cannot be answered
    ├── DownloadError (OSError)            a host refused a download, or broke it off
    ├── StorageError (OSError)             AWS refused a request, or could not be reached
    ├── MissingExtraError (ImportError)    an optional dependency is not installed
    ├── HostLostError (RuntimeError)       another host of a training job ended
    └── JobFailedError (RuntimeError)      a training process failed for another reason

Where the SageMaker SDK raises a built-in exception, the class here is that, too, so that ``except
KeyError`` written for the SDK keeps working.
"""

from __future__ import annotations

import copyreg
import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from ic_tf_sdk._quoted import quoted, text
from ic_tf_sdk.install_line import DISTRIBUTION, adding

__all__ = [
    "ArchiveError",
    "DatasetError",
    "DeprecatedModelError",
    "DownloadError",
    "EmbeddedModelError",
    "FileAccessError",
    "FilterError",
    "HostLostError",
    "HyperparameterError",
    "IcTfSdkError",
    "JobFailedError",
    "MissingArgumentError",
    "MissingExtraError",
    "OutputExistsError",
    "RequestRefusedError",
    "StorageError",
    "UnknownImageError",
    "UnknownInstanceTypeError",
    "UnknownModelError",
    "UnknownRegionError",
    "UnknownVersionError",
    "UnsupportedArgumentError",
    "UnsupportedScopeError",
    "UserError",
    "VulnerableModelError",
    "did_you_mean",
    "nearest",
]

StorageProblem = Literal["credentials", "denied", "bucket", "region", "unreachable", "other"]


class IcTfSdkError(Exception):
    """Base of every error this package raises on purpose.

    Example:
        >>> from ic_tf_sdk import errors, hyperparameters
        >>> try:
        ...     hyperparameters.retrieve_default(model_id="tensorflow-ic-embedded-formulanet-69")
        ... except errors.IcTfSdkError as error:
        ...     print(type(error).__name__)
        UnknownModelError
    """

    def __str__(self) -> str:  # KeyError's prints the message's repr
        return str(self.args[0]) if self.args else ""

    # Pickle would call the class with the message, of which not all are made; an OSError is.
    def __reduce__(self) -> Any:
        made = copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]
        return super().__reduce__() if isinstance(self, OSError) else made


class UserError(IcTfSdkError, ValueError):
    """The input cannot be used; the message says what was wrong and what is allowed."""


class UnknownModelError(UserError, KeyError):
    """No model of the catalogue has this id.

    Attributes:
        model_id: The id that was asked for.
        suggestions: The nearest ids of the catalogue, best first.
    """

    def __init__(self, model_id: object, suggestions: Sequence[str]) -> None:
        self.model_id = model_id
        self.suggestions = list(suggestions)
        super().__init__(
            f"Unknown model id {quoted(model_id)}.{did_you_mean(self.suggestions)} "
            "`ic-tf models` lists every id."
        )


class UnknownVersionError(UserError, KeyError):
    """The model exists, but not in this version.

    Attributes:
        model_id: The id that was asked for.
        version: The version that was asked for.
        versions: The versions that exist, newest first.
    """

    def __init__(self, model_id: str, version: object, versions: Sequence[str]) -> None:
        self.model_id = model_id
        self.version = version
        self.versions = list(versions)
        super().__init__(
            f"Model {model_id!r} has no version {quoted(version)}. It has "
            f"{', '.join(self.versions)}; '*' takes the newest and "
            f"'{self.versions[0].split('.')[0]}.*' the newest of a line."
        )


class DeprecatedModelError(UserError):
    """The model's spec says deprecated; ``tolerate_deprecated_model=True`` answers all the same."""


class VulnerableModelError(UserError):
    """Its spec says vulnerable; ``tolerate_vulnerable_model=True`` answers all the same."""


class EmbeddedModelError(UserError):
    """The model ships inside the package; AWS's public content has no files for it."""


class MissingArgumentError(UserError):
    """A required argument was not given."""


class UnsupportedArgumentError(UserError, TypeError):
    """An argument that has no meaning here: one of the SageMaker SDK's, or one of nobody's."""


class UnsupportedScopeError(UserError, NotImplementedError):
    """The scope is not one of those that the function answers for."""

    def __init__(self, scope: object, supported: Sequence[str]) -> None:
        super().__init__(
            f"Scope {quoted(scope)} is not supported: it is {' or '.join(map(repr, supported))}."
            f"{did_you_mean(nearest(text(scope).lower(), supported, 1))}"
        )


class UnknownRegionError(UserError):
    """JumpStart, or the image that was asked for, is not in this region."""


class UnknownInstanceTypeError(UserError):
    """No image of the model runs on this instance type."""


class UnknownImageError(UserError):
    """There is no TensorFlow image of this version, Python version or scope."""


class FilterError(UserError):
    """A filter expression of ``list_models`` cannot be read."""


class HyperparameterError(UserError):
    """One or more hyperparameters are unknown or out of range.

    Attributes:
        problems: One sentence for each problem, in the order of the input.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        if len(self.problems) == 1:
            super().__init__(self.problems[0])
        else:
            lines = "".join(f"\n  - {problem}" for problem in self.problems)
            super().__init__(f"{len(self.problems)} hyperparameters cannot be used:{lines}")


class DatasetError(UserError):
    """A folder of images cannot be used as a training, validation or test channel."""


class ArchiveError(UserError):
    """A model archive, or the SavedModel in it, cannot be used."""


class OutputExistsError(UserError, FileExistsError):
    """The output already exists and is never overwritten."""


class FileAccessError(UserError, OSError):
    """A file or folder cannot be read or written: no space, no permission, no such place."""


class RequestRefusedError(UserError):
    """An inference request that an endpoint would answer with an error status.

    Attributes:
        status: The HTTP status with its phrase, for example ``"415 Unsupported Media Type"``.
    """

    def __init__(self, status: str, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class MissingExtraError(IcTfSdkError, ImportError):
    """An optional dependency is missing.

    Attributes:
        extra: The extra of this package that brings it; several with commas between.
    """

    def __init__(self, package: str, extra: str, advice: str = "") -> None:
        self.extra = extra
        be, come = ("are", "They come") if "," in extra else ("is", "It comes")
        super().__init__(
            f"{package} {be} not installed. {come} with {DISTRIBUTION}[{extra}]: {adding(extra)}"
            f"{advice}"
        )


class DownloadError(IcTfSdkError, OSError):
    """A host refused a download or broke it off, also when asked again."""


class StorageError(IcTfSdkError, OSError):
    """AWS refused a request or could not be reached; nothing half-written is left under a key.

    Attributes:
        kind: Why: ``credentials`` (none, or not accepted), ``denied``, ``bucket`` (there is none of
            the name), ``region`` (the bucket is in another), ``unreachable``, or ``other``.
    """

    def __init__(self, text: str, *, kind: StorageProblem = "other") -> None:
        self.kind = kind
        super().__init__(text)


class HostLostError(IcTfSdkError, RuntimeError):
    """Another host of a training job ended, or cannot be reached any more."""


class JobFailedError(IcTfSdkError, RuntimeError):
    """A training process ended with an internal error; its log and traceback were printed."""


def nearest(
    word: object, known: Iterable[str], count: int = 3, *, likeness: float = 0.5
) -> list[str]:
    """The known words most like ``word``, best first.

    Args:
        word: What was typed.
        known: What would have been right.
        count: How many to return at most.
        likeness: From which on one is like it, 0 to 1.

    Example:
        >>> nearest("epoch", ["batch_size", "epochs"])
        ['epochs']
    """
    return difflib.get_close_matches(text(word), list(known), n=count, cutoff=likeness)


def did_you_mean(suggestions: Sequence[str]) -> str:
    """A sentence with a leading blank, or nothing where there is nothing to suggest.

    Args:
        suggestions: What might have been meant, best first.

    Example:
        >>> did_you_mean(["epochs"])
        " Did you mean 'epochs'?"
    """
    return f" Did you mean {' or '.join(map(repr, suggestions))}?" if suggestions else ""
