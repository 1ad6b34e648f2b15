"""A model as the document of a private SageMaker hub, which both lines of the SDK read."""

from typing import Any

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UnknownRegionError, did_you_mean, nearest
from ic_tf_sdk.specs.export import jumpstart_spec
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.source import ContentSource

__all__ = ["SCHEMA_VERSION", "hub_document"]

SCHEMA_VERSION = "2.3.0"
"""Of model documents, as SDK v2's own class for them states it."""

Json = dict[str, Any]

# Fields of the spec that a document has under the same name, spelt as one word.
_ALIKE = (
    "training_supported",
    "incremental_training_supported",
    "hosting_prepacked_artifact_version",
    "hosting_use_script_uri",
    "dynamic_container_deployment_supported",
    "inference_dependencies",
    "training_dependencies",
    "default_inference_instance_type",
    "supported_inference_instance_types",
    "default_training_instance_type",
    "supported_training_instance_types",
    "training_prepacked_script_version",
    "inference_enable_network_isolation",
    "training_enable_network_isolation",
    "fine_tuning_supported",
    "validation_supported",
    "resource_name_base",
)


def hub_document(record: ModelSpec, source: ContentSource, *, bucket: str, region: str) -> Json:
    """What a hub says of one model: the JumpStart spec, for one bucket and one region.

    Args:
        record: The model in one version.
        source: Which content it points to.
        bucket: The bucket that holds it.
        region: The hub's region, whose images the document names.

    Raises:
        UnknownRegionError: No registry holds the images in this region.
        EmbeddedModelError: The source has no files for the model.
    """
    spec = jumpstart_spec(record, source)
    document = {_one_word(name): spec[name] for name in _ALIKE}
    document |= {
        # The SDK refuses a document without one; an embedded model has no page.
        "Url": record.classification_handle or "",
        "ModelTypes": ["OPEN_WEIGHTS"],
        "Capabilities": ["TRAINING", "FINE_TUNING", "VALIDATION", "INCREMENTAL_TRAINING"],
        "Task": "ic",
        "Framework": "tensorflow",
        "DataType": "vision",
        "GatedBucket": False,
        "Hyperparameters": [_spelt(entry) for entry in spec["hyperparameters"]],
        "TrainingMetrics": spec["metrics"],
        "InferenceEnvironmentVariables": [
            _spelt(entry) for entry in spec["inference_environment_variables"]
        ],
        "SageMakerSdkPredictorSpecifications": _spelt(spec["predictor_specs"]),
        "MaxRuntimeInSeconds": spec["estimator_kwargs"]["max_run"],
        "EncryptInterContainerTraffic": spec["estimator_kwargs"]["encrypt_inter_container_traffic"],
    }
    document |= _places(spec, f"s3://{bucket}", region) | _images(spec, region)
    facts = {"MinSdkVersion": spec["min_sdk_version"], "License": record.license}
    return document | {name: fact for name, fact in facts.items() if fact}


def _places(spec: Json, bucket: str, region: str) -> Json:
    model, script = spec["hosting_prepacked_artifact_key"], spec["training_prepacked_script_key"]
    archive = {"S3DataType": "S3Object", "CompressionType": "Gzip"}
    return {
        "HostingArtifactUri": f"{bucket}/{model}",
        **{f"HostingArtifact{name}": value for name, value in archive.items()},
        "HostingPrepackedArtifactUri": f"{bucket}/{model}",
        "HostingScriptUri": f"{bucket}/{spec['hosting_script_key']}",
        "TrainingArtifactUri": f"{bucket}/{spec['training_artifact_key']}",
        # SDK v3 hands it on to the channel: the script itself opens the archive.
        "TrainingArtifactS3DataType": "S3Object",
        "TrainingArtifactCompressionType": "None",
        "TrainingScriptUri": f"{bucket}/{spec['training_script_key']}",
        "TrainingPrepackedScriptUri": f"{bucket}/{script}",
        "DefaultTrainingDatasetUri": (
            f"s3://jumpstart-cache-prod-{region}/{spec['default_training_dataset_key']}"
        ),
    }


def _images(spec: Json, region: str) -> Json:
    """The image of each family, and those of the default instance types."""
    images: Json = {}
    for scope in ("training", "hosting"):
        variants = spec[f"{scope}_instance_type_variants"]
        aliases = variants["regional_aliases"].get(region)
        if aliases is None:
            regions = sorted(variants["regional_aliases"])
            raise UnknownRegionError(
                f"The images are not in region {quoted(region)}."
                f"{did_you_mean(nearest(region, regions))}"
            )
        by_family = {
            family: aliases[variant["regional_properties"]["image_uri"].removeprefix("$")]
            for family, variant in variants["variants"].items()
        }
        kind = "training" if scope == "training" else "inference"
        default = spec[f"default_{kind}_instance_type"].split(".")[1]
        images |= {
            f"{scope.title()}EcrUri": by_family[default],
            f"{scope.title()}InstanceTypeVariants": {
                "Variants": {
                    family: {"Properties": {"ImageUri": uri}} for family, uri in by_family.items()
                }
            },
        }
    return images


def _spelt(entry: Json) -> Json:
    return {_one_word(name): value for name, value in entry.items()}


def _one_word(name: str) -> str:
    """``training_supported`` as ``TrainingSupported``."""
    return "".join(part.title() for part in name.split("_"))
