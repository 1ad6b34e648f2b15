"""A model's record for people: text on a terminal, a card in a notebook."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it shows itself by its card
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["ModelCard"]


@dataclass(frozen=True, repr=False)
class ModelCard:
    """What :func:`ic_tf_sdk.specs.describe` returns; a notebook shows it as HTML.

    >>> from ic_tf_sdk import specs
    >>> card = specs.describe("tensorflow-ic-embedded-formulanet-96")
    >>> card.facts()[0][:2]
    ('Model id', 'tensorflow-ic-embedded-formulanet-96')

    Attributes:
        spec: The record.
    """

    spec: "ModelSpec"

    def facts(self) -> list[tuple[str, str, str]]:
        """Label, value and provenance of each fact; a dash where the value is unknown."""
        spec = self.spec
        rows = [
            ("Model id", spec.model_id, "model_id"),
            ("Version", f"{spec.version} (of {', '.join(spec.versions)})", "versions"),
            ("Family", spec.family, "family"),
            ("Alias of", spec.alias_of, "alias_of"),
            ("Feature vector", spec.feature_vector_handle, "feature_vector_handle"),
            ("Classifier", spec.classification_handle, "classification_handle"),
            ("Embedded archive", spec.embedded_archive, "embedded_archive"),
            ("Weights in the extra", spec.weights_extra, "weights_extra"),
            ("Trains", _trains(spec), "module_format"),
            (
                "Input",
                f"{spec.input_height} x {spec.input_width} pixels ({spec.input_size} size)",
                "input_height",
            ),
            ("Pixel range", spec.pixel_range, "pixel_range"),
            ("Features", spec.feature_vector_size, "feature_vector_size"),
            ("Parameters", _with_unit(spec.parameters_millions, "million"), "parameters_millions"),
            ("ImageNet top-1", _with_unit(spec.imagenet_top1, "%"), "imagenet_top1"),
            ("One image takes", _with_unit(spec.ms_per_image, "ms"), "ms_per_image"),
            ("Classes", spec.num_classes, "num_classes"),
            ("Label set", spec.label_set, "label_set"),
            ("Pretrained on", spec.pretraining_dataset, "pretraining_dataset"),
            ("Licence", spec.license, "license"),
        ]
        optional = ("alias_of", "embedded_archive", "weights_extra")
        return [
            (label, "-" if value is None else str(value), spec.provenance.get(field, ""))
            for label, value, field in rows
            if value is not None or field not in optional
        ]

    def __str__(self) -> str:
        labels = max(len(label) for label, _, _ in self.facts())
        lines = [f"{label:<{labels}}  {value}" for label, value, _ in self.facts()]
        defaults = ", ".join(f"{k}={v}" for k, v in self.spec.hyperparameters.items())
        return "\n".join([self.spec.display_name, *lines, f"{'Defaults':<{labels}}  {defaults}"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td title='{escape(reason)}' style='text-align:left'>{_linked(value)}"
            f"{' *' if reason else ''}</td></tr>"
            for label, value, reason in self.facts()
        )
        defaults = "".join(
            f"<tr><td style='text-align:left'>{escape(name)}</td>"
            f"<td style='text-align:left'><code>{escape(value)}</code></td></tr>"
            for name, value in self.spec.hyperparameters.items()
        )
        return (
            f"<h3>{escape(self.spec.display_name)}</h3><table>{facts}</table>"
            "<details><summary>Default hyperparameters</summary>"
            f"<table>{defaults}</table></details><p>* hover to see where a fact is from.</p>"
        )


def _trains(spec: "ModelSpec") -> str:
    """How much of the network may be trained, for each source of its weights."""
    if spec.module_format == "saved_model_2":
        return "whole network"
    alone = "classification layer only (TF Hub's TF1 module)"
    extra = spec.weights_extra
    return f"whole network (the extra {extra}), {alone}" if extra else alone


def _with_unit(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:g} {unit}"


def _linked(value: str) -> str:
    text = escape(value)
    return f"<a href='{text}'>{text}</a>" if value.startswith("https://") else text
