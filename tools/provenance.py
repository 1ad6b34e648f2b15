"""Where each fact of the catalogue is from, in the words that the records carry.

What a source left open or contradicts is decided here; ``tools/build_catalogue.py`` writes it down.
"""

import re

__all__ = ["ALIAS_TARGET", "REAL_SPEC", "Row", "provenance"]

ALIAS_TARGET = "tensorflow-ic-resnet-50-classification-1"
REAL_SPEC = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"

Row = dict[str, str]


def provenance(row: Row) -> dict[str, str]:
    """Field -> reason, for every field that is not simply documented."""
    notes, family = row["notes"], row["architecture_family"]
    reasons = {
        "versions": (
            "documented: the SDK's model tables of 2024-05 and 2025-06. Only one body is public, "
            "4.0.6 of one model; every other version answers by its pattern."
        ),
        "display_name": _display_name(row),
        "license": _license(row),
        "parameters_millions": _parameters(row),
        "classification_handle": _handle(row),
    }
    reasons |= _of_family(family, row)
    if "size: from the port code" in notes:
        reasons["input_height"] = reasons["input_width"] = (
            "derived: the configuration of the port's code; the hub page names no size."
        )
    if row["model_id"] == REAL_SPEC:
        reasons["versions"] = (
            "documented: the SDK's model tables of 2024-05 and 2025-06, and the public spec 4.0.6."
        )
        reasons["hyperparameters"] = (
            "documented: spec 4.0.6 has epochs 5 and initial_accumulator_value 0.1 where the AWS "
            "documentation has 3 and 0.0001; this model keeps its own. batch_size and "
            "train_only_on_top follow the size rule, where the spec has batch_size 32."
        )
    return {key: reason for key, reason in reasons.items() if reason}


def _display_name(row: Row) -> str:
    if "misprint" in row["notes"]:
        return (
            "derived: from the model id. The AWS table prints 'MobileNet V1 1.00 160', the name of "
            "another model."
        )
    if "display_name derived" in row["notes"]:
        return "derived: from the model id, which the AWS table does not name."
    return ""


def _license(row: Row) -> str:
    if row["license"] == "apache-2.0":
        return "derived: the hub page states none; TF Hub's documented default is Apache-2.0."
    upstream = {
        "Swin": "the port's code is Apache-2.0.",
        "DeiT": "the port's code and the original weights are Apache-2.0.",
        "CaiT": "the port's code and the original weights are Apache-2.0.",
    }
    return f"documented: the hub page says MIT; {upstream[row['architecture_family']]}"


def _parameters(row: Row) -> str:
    notes = row["notes"]
    if exact := re.search(r"parameter count (\d+) = TF-Slim (\w+)", notes):
        return (
            f"derived: {int(exact[1]):,} variables of TF-Slim's {exact[2]} with 1001 classes, "
            "batch norm moments included, no auxiliary head."
        )
    if head := re.search(r"params = (?:timm )?([\d.]+)M \(.*?\) \+ (.*?) for", notes):
        return f"derived: {head[1]} M of the 1000-class network + {head[2]} of the larger head."
    for mark, text in PARAMETER_SOURCES.items():
        if mark in notes:
            return text
    return ""


PARAMETER_SOURCES = {
    "params: derived: standard ResNet-50": (
        "derived: Keras Applications' ResNet-50 has 25,636,712 with 1000 classes."
    ),
    "params: Keras Applications": "documented: the Keras Applications table, 1000 classes.",
    "params: timm": "documented: timm's table of the same architecture, 1000 classes.",
    "params: tensorflow/models": "documented: the TF-Slim README of the family.",
    "params: slim": "documented: the TF-Slim README; the hub page names the same checkpoint.",
    "params: tensorflow/tpu": "documented: the EfficientNet-Lite README.",
    "params: hub doc": (
        "documented: the table on the hub page, 1000 classes (timm counts 118.52 M for the L size)."
    ),
}


def _handle(row: Row) -> str:
    notes = row["notes"]
    if "give /5" in notes:
        return (
            "documented: the SDK's tables from 2023-08 link hub version 5, older ones and the id's "
            "suffix version 4. 5 is chosen: the newest table, and it repairs persistent gradient "
            "tapes."
        )
    if row["architecture_family"] == "EfficientNet":
        return (
            "documented: the SDK's tables from 2023-08 link the TF2 SavedModel under tensorflow/; "
            "the AWS page and older tables link a TF1 module under google/. The TF2 one is chosen: "
            "only it can be fine-tuned."
        )
    if row["model_id"] == ALIAS_TARGET:
        return (
            "documented: the SDK's tables. The AWS page names the model with another id and a "
            "handle under google/imagenet that does not exist."
        )
    return ""


def _of_family(family: str, row: Row) -> dict[str, str]:
    if family in ("BiT-M", "BiT-S"):
        return _bit(family)
    if family in ("CaiT", "DeiT", "Swin"):
        return _transformer(family, row)
    if family == "EfficientNetV2":
        return _efficientnet_v2(row)
    if row["model_id"] == ALIAS_TARGET:
        return {"label_set": "derived: 1001 classes; the hub page does not say 'background'."}
    return dict(EFFICIENTNETS.get(family, {}))


EFFICIENTNETS = {
    "EfficientNet": {
        "feature_vector_size": (
            "derived: Keras Applications' network of the same name without its top; the hub page "
            "gives none."
        )
    },
    "EfficientNetLite": {
        "feature_vector_size": (
            "derived: the fixed head of EfficientNet-Lite; the hub page gives none."
        ),
        "module_format": (
            "documented: the hub page says TF1 module, while AWS lists the model as fine-tunable. "
            "TF Hub's module is used by its signature and never unfrozen. The weights of the extra "
            "imagenet, where weights_extra names it, are a TF2 SavedModel: the whole network "
            "trains."
        ),
        "display_name": "documented: AWS says 'B0 Lite' where the id says lite0.",
    },
}


def _bit(family: str) -> dict[str, str]:
    size = (
        "derived: the network is fully convolutional and no source names a size; 224 is what TF "
        "Hub's retraining notebook falls back to. The authors' rule for fine-tuning takes 128 for "
        "pictures below 96x96 and 480 for others."
    )
    reasons = {
        "input_height": size,
        "input_width": size,
        "pixel_range": (
            "derived: the hub page is silent; TF Hub's common image API and the authors' TF2 "
            "notebook have 0..1, their pipeline for the raw checkpoints -1..1."
        ),
    }
    if family == "BiT-S":
        reasons["pretraining_dataset"] = (
            "documented: ILSVRC-2012 alone; the hub page's 'later fine-tuned' is template text."
        )
    return reasons


def _transformer(family: str, row: Row) -> dict[str, str]:
    reasons = {
        "pixel_range": (
            "derived: the hub page is silent; the port's notebooks normalise with ImageNet's mean "
            "and standard deviation outside the SavedModel, against TF Hub's common image API."
        ),
        "num_classes": "derived: the port's code; the hub page is silent.",
        "label_set": "derived: the port's code; the hub page is silent.",
        "feature_vector_size": "derived: the port's code; the hub page is silent.",
    }
    if family in ("DeiT", "CaiT"):
        reasons["module_output"] = (
            "documented: the first element is the tensor, the rest are attention maps"
            + (
                "; a distilled model's features are the mean of its class and distillation tokens."
                if "distilled" in row["model_id"]
                else "."
            )
        )
    if family == "CaiT":
        reasons["input_size"] = (
            "documented: fixed. The port's notebook crops the centre 224/256, the authors demand "
            "the whole picture; the whole picture is chosen."
        )
    if row["model_id"].endswith("swin-s3-base-224"):
        reasons["pretraining_dataset"] = (
            "documented: code, authors and timm say ImageNet-1k alone; the hub page's ImageNet-22k "
            "follows from the word 'base' in the name."
        )
    return reasons


def _efficientnet_v2(row: Row) -> dict[str, str]:
    reasons = {
        "pixel_range": (
            "documented: the hub page and TF Hub's notebooks have 0..1. The authors' own copies of "
            "the checkpoints take -1..1 (S to XL, 21k) or ImageNet's mean and standard deviation "
            "(1k B0 to B3). The hub page is followed, the hub module being what is loaded."
        )
    }
    if "ft1k" in row["model_id"]:
        unknown = (
            "unknown: the hub page prints the 21841 classes of another page; the authors fine-tune "
            "on 1000 classes, TF Hub's siblings have 1001."
        )
        return reasons | {"num_classes": unknown, "label_set": unknown}
    if "21k" in row["model_id"]:
        return reasons | {
            "num_classes": (
                "documented: 21841 on the hub page; the label file it links and timm have 21843."
            )
        }
    return reasons | {
        "num_classes": (
            "documented: 1001 with background on the hub page; the authors train 1000. Decide by "
            "the width of the output where it matters."
        )
    }
