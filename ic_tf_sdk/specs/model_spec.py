"""The frozen record of one model: one object from which URIs, defaults and documentation derive."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from ic_tf_sdk.contract.model_info import PixelRange

__all__ = ["ModelSpec"]


class ModelSpec(BaseModel):
    """Everything known about one version of a model.

    A fact that is None, or that no public source documents, has its reason in ``provenance``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_id: str = Field(pattern=r"^tensorflow-ic-[a-z0-9-]+$")
    version: str = Field(description="The version that was asked for, resolved.")
    versions: tuple[str, ...] = Field(min_length=1, description="All versions, newest first.")
    min_sdk_version: str | None = Field(description="Oldest SageMaker SDK that reads its spec.")
    display_name: str
    family: str = Field(description="Architecture, for example 'MobileNetV2'.")
    alias_of: str | None = Field(description="The id whose facts these are.")

    classification_handle: str | None = Field(description="TF Hub URL of the classifier.")
    feature_vector_handle: str | None = Field(description="TF Hub URL of the headless backbone.")
    embedded_archive: str | None = Field(
        description="File name under ic_tf_sdk/embedded/ of a model that ships in the wheel."
    )
    module_format: Literal["saved_model_2", "tf1_hub"] = Field(
        description="TF2 SavedModel, or a TF1 module that is used by its signature, always frozen."
    )
    module_output: Literal["tensor", "tuple"] = Field(
        description="A tuple's first element is the feature tensor, the rest attention maps."
    )
    module_arguments: tuple[str, ...] = Field(
        description="Keyword arguments beyond training, for hub.KerasLayer(arguments=...)."
    )

    input_height: int = Field(gt=0, description="Pixels.")
    input_width: int = Field(gt=0, description="Pixels.")
    input_size: Literal["fixed", "default", "any"] = Field(
        description="Whether the module takes other sizes: none, within limits, any."
    )
    pixel_range: PixelRange = Field(description="What the module expects of RGB pixels.")
    num_classes: int | None = Field(gt=0, description="Width of the published classifier's output.")
    label_set: str | None
    head_activation: Literal["softmax", "sigmoid"] = Field(
        description="What turns the published classifier's logits into probabilities."
    )
    feature_vector_size: int | None = Field(gt=0, description="Width of the backbone's output.")
    parameters_millions: float | None = Field(
        gt=0, description="Parameters of the published classifier in millions, head included."
    )
    pretraining_dataset: str
    license: str = Field(description="SPDX id in lower case, of the published weights.")

    deprecated: bool
    deprecated_message: str | None
    deprecate_warn_message: str | None = Field(description="Warned of whenever the id is used.")
    training_vulnerable: bool
    training_vulnerabilities: tuple[str, ...]
    inference_vulnerable: bool
    inference_vulnerabilities: tuple[str, ...]

    hyperparameters: dict[str, str] = Field(description="The defaults, as SageMaker sends them.")
    provenance: dict[str, str] = Field(
        description=(
            "Field -> 'documented: ...', 'derived: how' or 'unknown: why'. A field that is not "
            "named is documented, without contradiction."
        )
    )

    @model_validator(mode="after")
    def _every_gap_has_its_reason(self) -> Self:
        gaps = [name for name in _FACTS if getattr(self, name) is None]
        bare = [name for name in gaps if not self.provenance.get(name, "").startswith("unknown: ")]
        if bare:
            raise ValueError(f"{self.model_id}: no reason is given for {', '.join(bare)} = None")
        return self

    @property
    def pixels(self) -> int:
        """Input height times width."""
        return self.input_height * self.input_width


_FACTS = (
    "min_sdk_version",
    "classification_handle",
    "feature_vector_handle",
    "num_classes",
    "label_set",
    "feature_vector_size",
    "parameters_millions",
)
