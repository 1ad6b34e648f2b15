"""The two content sources: AWS's public JumpStart content, and what you published yourself.

Both are the body of a JumpStart spec, in ``specs/data/contents``: the functions that answer from it
and the catalogue that is exported from it cannot disagree.
"""

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk._version import __version__
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import EmbeddedModelError, UserError
from ic_tf_sdk.specs.buckets import model_bucket, overrides_content, script_bucket
from ic_tf_sdk.specs.catalogue import read
from ic_tf_sdk.specs.instance_families import Processor, Use, families, living_type
from ic_tf_sdk.specs.model_spec import ModelSpec

if TYPE_CHECKING:
    from ic_tf_sdk.specs.content_facts import ContentFacts, JumpStartBody

__all__ = ["JUMPSTART", "PUBLISHED", "ContentSource", "in_force", "named", "of_bucket"]

JUMPSTART = "jumpstart"
PUBLISHED = "published"


class ContentSource(NamedTuple):
    """Where the artifacts of every model lie, and which images run them.

    >>> from ic_tf_sdk.specs import source
    >>> source.named("jumpstart").default_instance_type("training")
    'ml.p3.2xlarge'

    Attributes:
        name: ``"jumpstart"`` or ``"published"``.
    """

    name: str

    @property
    def facts(self) -> "ContentFacts":
        """The source's data file; treat it as read-only."""
        return cast("ContentFacts", read(f"contents/{self.name}"))

    @property
    def body(self) -> "JumpStartBody":
        """What the JumpStart specs of all models say alike; treat it as read-only."""
        return self.facts["spec"]

    def value(self, record: ModelSpec, field: str) -> Any:
        """A field of the model's JumpStart spec that this source decides; a fresh value.

        For those who hand on whole specs; who needs one fact asks for it by its own method.

        Args:
            record: The model.
            field: For example ``"training_artifact_key"``.
        """
        body: dict[str, Any] = read(f"contents/{self.name}")["spec"]
        return _filled(body.get(field), record.alias_of or record.model_id)

    def default_instance_type(self, scope: Scope) -> str:
        """The instance type to take when in doubt, for example ``"ml.g4dn.xlarge"``."""
        body = self.body
        return (
            body["default_training_instance_type"]
            if scope == "training"
            else body["default_inference_instance_type"]
        )

    def instance_types(self, scope: Scope) -> list[str]:
        """The instance types that models are known to run on, the default first; a fresh list."""
        body = self.body
        return list(
            body["supported_training_instance_types"]
            if scope == "training"
            else body["supported_inference_instance_types"]
        )

    def living_instance_type(self, scope: Scope) -> str:
        """What :meth:`default_instance_type` names; of a retired family the one to take instead."""
        default = self.default_instance_type(scope)
        use: Use = "training" if scope == "training" else "hosting"
        return living_type(default, use, self.families()["gpu"]) or default

    def families(self) -> dict[Processor, list[str]]:
        """The instance families that an image runs on, by its processor; the local ones too."""
        named = self.facts["families"]
        if named is not None:
            return named
        local: dict[Processor, str] = {"cpu": "local", "gpu": "local_gpu"}
        return {
            processor: sorted([own, *(f.name for f in families().values() if f.image == processor)])
            for processor, own in local.items()
        }

    def script_key(self, record: ModelSpec, scope: Scope) -> str:
        """Key of the model's script archive in its bucket."""
        training, hosting = "training_prepacked_script_key", "hosting_script_key"
        return str(self.value(record, training if scope == "training" else hosting))

    def model_key(self, record: ModelSpec, scope: Scope) -> str:
        """Key of the model's archive in its bucket; for hosting it may end in ``/``."""
        training, hosting = "training_artifact_key", "hosting_prepacked_artifact_key"
        return str(self.value(record, training if scope == "training" else hosting))

    def script_uri(self, record: ModelSpec, region: str, scope: Scope) -> str:
        """S3 URI of the script archive for ``"training"`` or ``"inference"``."""
        self.require_content(record)
        return f"s3://{script_bucket(region)}/{self.script_key(record, scope)}"

    def model_uri(self, record: ModelSpec, region: str, scope: Scope) -> str:
        """S3 URI of the model's archive; for hosting it may be a prefix that ends in ``/``."""
        self.require_content(record)
        return f"s3://{model_bucket(region)}/{self.model_key(record, scope)}"

    def metrics(self) -> list[dict[str, str]]:
        """SageMaker metric definitions of the training script; a fresh list."""
        if self.name == JUMPSTART:
            return [dict(definition) for definition in self.body["metrics"]]
        # Our own script prints more than AWS's; what it prints is stated where it is printed.
        from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS

        return [dict(definition) for definition in METRIC_DEFINITIONS]

    def spec_key(self, model_id: str, version: str) -> str:
        """Where a catalogue in JumpStart's format holds the spec of a version."""
        return f"community_models/{model_id}/specs_v{version}.json"

    def resource_name_base(self, model_id: str) -> str:
        """How names of jobs and endpoints start: the id without its ends that say nothing."""
        return re.sub(r"(-classification)-\d$", r"\1", model_id.removeprefix("tensorflow-ic-"))

    def require_content(self, record: ModelSpec) -> None:
        """Refuse a model that this source has no files for.

        Raises:
            EmbeddedModelError: The model ships in the package, and the source is AWS's.
        """
        if record.embedded_archive and self.name == JUMPSTART:
            raise EmbeddedModelError(
                f"{record.model_id!r} is embedded in this package; AWS has no files for it. Use "
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
        raise UserError(
            f"There is no content source {quoted(name)}: use {JUMPSTART!r} or {PUBLISHED!r}."
        )
    return ContentSource(name)


def _filled(value: Any, model_id: str) -> Any:
    """A copy of the value, its text completed."""
    if isinstance(value, str):
        return value.replace("{model_id}", model_id).replace("{package_version}", __version__)
    return deepcopy(value)
