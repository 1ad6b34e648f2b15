"""The two content sources: AWS's public JumpStart content, and what you published yourself.

Both are the body of a JumpStart spec, in ``specs/data/contents``: the functions that answer from it
and the catalogue that is exported from it cannot disagree.
"""

import re
from copy import deepcopy
from typing import Any, NamedTuple

from ic_tf_sdk._version import __version__
from ic_tf_sdk.errors import EmbeddedModelError, UserError
from ic_tf_sdk.specs.buckets import model_bucket, overrides_content, script_bucket
from ic_tf_sdk.specs.catalogue import read

__all__ = ["JUMPSTART", "PUBLISHED", "ContentSource", "in_force", "named", "of_bucket"]

JUMPSTART = "jumpstart"
PUBLISHED = "published"

Record = dict[str, Any]


class ContentSource(NamedTuple):
    """Where the artifacts of every model lie, and which images run them.

    Attributes:
        name: ``"jumpstart"`` or ``"published"``.
    """

    name: str

    @property
    def facts(self) -> Record:
        """The source's data file; treat it as read-only."""
        return read(f"contents/{self.name}")

    def value(self, record: Record, field: str) -> Any:
        """A field of the model's JumpStart spec that this source decides; a fresh value.

        Args:
            record: The fields of a ``ModelSpec``.
            field: For example ``"training_artifact_key"``.
        """
        return _filled(self.facts["spec"].get(field), record["alias_of"] or record["model_id"])

    def script_uri(self, record: Record, region: str, scope: str) -> str:
        """S3 URI of the script archive for ``"training"`` or ``"inference"``."""
        self.require_content(record)
        field = "training_prepacked_script_key" if scope == "training" else "hosting_script_key"
        return f"s3://{script_bucket(region)}/{self.value(record, field)}"

    def model_uri(self, record: Record, region: str, scope: str) -> str:
        """S3 URI of the model's archive; for hosting it may be a prefix that ends in ``/``."""
        self.require_content(record)
        training, hosting = "training_artifact_key", "hosting_prepacked_artifact_key"
        key = self.value(record, training if scope == "training" else hosting)
        return f"s3://{model_bucket(region)}/{key}"

    def metrics(self, record: Record) -> list[dict[str, str]]:
        """SageMaker metric definitions of the training script; a fresh list."""
        if self.name == JUMPSTART:
            definitions: list[dict[str, str]] = self.value(record, "metrics")
            return definitions
        # Our own script prints more than AWS's; what it prints is stated where it is printed.
        from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS

        return [dict(definition) for definition in METRIC_DEFINITIONS]

    def spec_key(self, model_id: str, version: str) -> str:
        """Where a catalogue in JumpStart's format holds the spec of a version."""
        return f"community_models/{model_id}/specs_v{version}.json"

    def resource_name_base(self, model_id: str) -> str:
        """How names of jobs and endpoints start: the id without its ends that say nothing."""
        return re.sub(r"(-classification)-\d$", r"\1", model_id.removeprefix("tensorflow-ic-"))

    def require_content(self, record: Record) -> None:
        """Refuse a model that this source has no files for.

        Raises:
            EmbeddedModelError: The model ships in the package, and the source is AWS's.
        """
        if record["embedded_archive"] and self.name == JUMPSTART:
            raise EmbeddedModelError(
                f"{record['model_id']!r} is embedded in this package; AWS has no files for it. Use "
                "it locally (`ic-tf fit`), or publish it to your own bucket and set "
                "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE."
            )


def in_force() -> ContentSource:
    """The source that the settings and the environment choose, at the time of the call."""
    return ContentSource(PUBLISHED if overrides_content() else JUMPSTART)


def of_bucket(bucket: str | None) -> ContentSource:
    """The source of a job: that of the bucket it names, else the one in force.

    Args:
        bucket: One that ``ic-tf publish`` filled.
    """
    return named(PUBLISHED) if bucket else in_force()


def named(name: str) -> ContentSource:
    """The source of a name.

    Args:
        name: ``"jumpstart"`` or ``"published"``.

    Raises:
        UserError: Neither of them.
    """
    if name not in (JUMPSTART, PUBLISHED):
        raise UserError(f"There is no content source {name!r}: use {JUMPSTART!r} or {PUBLISHED!r}.")
    return ContentSource(name)


def _filled(value: Any, model_id: str) -> Any:
    """A copy of the value, its text completed."""
    if isinstance(value, str):
        return value.replace("{model_id}", model_id).replace("{package_version}", __version__)
    return deepcopy(value)
