"""The questions that ic_tf_sdk and the SageMaker SDK are both asked.

Standard library only: this file also runs in environments that have no ic_tf_sdk.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from search_cases import search

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
SCOPES = ("training", "inference")
SAMPLE_REGIONS = ("us-west-2", "cn-north-1", "us-gov-west-1")
REGIONS = (
    *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2"),
    *("ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2"),
    *("ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7"),
    *("ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1"),
    *("eu-central-2", "eu-isoe-west-1", "eu-north-1", "eu-south-1", "eu-south-2"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1", "il-central-1"),
    *("me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1"),
    *("us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"),
    *("us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2"),
)
ODD_REGIONS = ("me-west-1", "mars-1", "us-west-22", "")
BAD_INSTANCE_TYPES = (
    *("ml.m7g.xlarge", "ml.inf2.xlarge", "ml.trn1.2xlarge", "ml.p5e.48xlarge", "ml.g5g.xlarge"),
    *("ml.eia2.medium", "local_cpu", "p3.2xlarge", "ml.P3.2xlarge", "ml.p3.2xlarge ", "", None),
)
ODD_INSTANCE_TYPES = ("ml.p3", "ml_p3", "ml.m5.nonsense", "ml_c5.xlarge", "m5", "ml.\u0663")


class Case(NamedTuple):
    """One question: a function's name and its keyword arguments."""

    function: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(f'{k}={v!r}' for k, v in self.arguments.items())})"


def cases(mode: str, catalogue: Path) -> Iterator[Case]:
    """All questions of a mode.

    Args:
        mode: ``"tiny"``, a few models; ``"quick"``, each model in one region on three instance
            types; ``"sample"``, each in three regions on every family; ``"full"``, the cross
            product; ``"quick-search"`` and ``"search"``, filters of the listing.
        catalogue: The exported folder, which says what there is to ask for.
    """
    if "search" in mode:
        return (Case("list_models", given) for given in search(full=mode == "search"))
    headers = json.loads((catalogue / "models_manifest.json").read_text())
    spec = json.loads((catalogue / headers[0]["spec_key"]).read_text())
    ids = list(dict.fromkeys(header["model_id"] for header in headers))
    products = {"quick": _quick, "sample": _sample, "full": _full}
    if mode == "tiny":
        return _product(ids[::20], _one_of_each_family(spec)[::5], SAMPLE_REGIONS)
    return itertools.chain(
        versions(headers, full=mode == "full"),
        arguments(),
        hyperparameter_values(spec),
        framework_images(full=mode == "full"),
        products[mode](ids, spec),
    )


def _quick(ids: list[str], spec: dict[str, Any]) -> Iterator[Case]:
    types = itertools.cycle(_instance_types(spec))
    for number, region in enumerate(SAMPLE_REGIONS):
        for model_id in ids[number :: len(SAMPLE_REGIONS)]:
            yield from _product([model_id], list(itertools.islice(types, 3)), [region])


def _sample(ids: list[str], spec: dict[str, Any]) -> Iterator[Case]:
    yield from _product(ids, _one_of_each_family(spec), SAMPLE_REGIONS)
    yield from _product(ids[::50], [*BAD_INSTANCE_TYPES, *ODD_INSTANCE_TYPES], SAMPLE_REGIONS)


def _full(ids: list[str], spec: dict[str, Any]) -> Iterator[Case]:
    """Families everywhere; every supported size, which never decides an image, for one model."""
    regions = [*REGIONS, *ODD_REGIONS]
    yield from _product(ids, _one_of_each_family(spec), regions)
    yield from _product(ids[:1], _instance_types(spec), regions)
    yield from _product(ids[::50], [*BAD_INSTANCE_TYPES, *ODD_INSTANCE_TYPES], regions)


def _one_of_each_family(spec: dict[str, Any]) -> list[str]:
    types = reversed(_instance_types(spec))
    return list({kind.split(".")[1] if "." in kind else kind: kind for kind in types}.values())


def _instance_types(spec: dict[str, Any]) -> list[str]:
    """Every supported type, and one of every other family that has an image."""
    types = [kind for scope in SCOPES for kind in spec[f"supported_{scope}_instance_types"]]
    have = {kind.split(".")[1] for kind in types}
    types += [
        family if family.startswith("local") else f"ml.{family}.xlarge"
        for family in spec["training_instance_type_variants"]["variants"]
        if family not in have
    ]
    return list(dict.fromkeys(types))


def _product(ids: Iterable[str], types: Iterable[Any], regions: Iterable[str]) -> Iterator[Case]:
    """Every model in every region: regions outermost, because the SDK caches 20 specs of one."""
    for region, model_id in itertools.product(regions, ids):
        model = {"region": region, "model_id": model_id, "model_version": "*"}
        for kind, scope in itertools.product(types, SCOPES):
            yield image(model, instance_type=kind, image_scope=scope)
        yield from of_model(model)


def image(model: dict[str, Any], **more: Any) -> Case:
    """``image_uris.retrieve`` for a model."""
    return Case("image_uris.retrieve", {"framework": None, **model, **more})


def of_model(model: dict[str, Any]) -> Iterator[Case]:
    """Every other mirrored function for a model."""
    for scope in SCOPES:
        yield Case("script_uris.retrieve", {**model, "script_scope": scope})
        yield Case("model_uris.retrieve", {**model, "model_scope": scope})
        yield Case("instance_types.retrieve_default", {**model, "scope": scope})
        yield Case("instance_types.retrieve", {**model, "scope": scope})
        yield Case("resource_requirements.retrieve_default", {**model, "scope": scope})
    for flag in (False, True):
        yield Case(
            "hyperparameters.retrieve_default",
            {**model, "include_container_hyperparameters": flag},
        )
        yield Case(
            "environment_variables.retrieve_default", {**model, "include_aws_sdk_env_vars": flag}
        )
    for function in (
        *("metric_definitions.retrieve_default", "payloads.retrieve_all_examples"),
        *("accept_types.retrieve_default", "accept_types.retrieve_options"),
        *("content_types.retrieve_default", "content_types.retrieve_options"),
    ):
        yield Case(function, model)


VERSIONS = (
    *(
        "*",
        "4.*",
        "4.0.*",
        "4.0.1*",
        "4.0.17",
        "4.0.2",
        "4.0.6",
        "2.*",
        "2.0.17",
        "2.0.2",
        "4",
        "4.0",
    ),
    *("4.0.2.0", "v4.0.2", " 4.0.2", "4.0.2 ", "04.0.2", "7.7.7", "7.*", "**", "4.0.17*", "latest"),
    *(">=1", "", "4.0.2,>0", "4.0.02", "4.0.2rc1", "\u0664.0.2", "0!4.0.2", "==4.0.2", "4.0.2+a"),
)


def versions(headers: list[dict[str, str]], *, full: bool) -> Iterator[Case]:
    """Every spelling of a version, for models of each kind, and each exact one of every model."""
    some = [
        MOBILENET,
        "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1",
        headers[-1]["model_id"],
    ]
    for model_id, version in itertools.product(some, VERSIONS):
        yield from _versioned(model_id, version)
    for header in headers if full else headers[::9]:
        yield from _versioned(header["model_id"], header["version"])


def _versioned(model_id: str, version: str) -> Iterator[Case]:
    model = {"region": "us-west-2", "model_id": model_id, "model_version": version}
    yield Case("script_uris.retrieve", {**model, "script_scope": "training"})
    yield Case("hyperparameters.retrieve_default", model)
    yield image(model, instance_type="ml.g5.xlarge", image_scope="training")


MODEL_FUNCTIONS = (
    ("script_uris.retrieve", {"script_scope": "training"}),
    ("model_uris.retrieve", {"model_scope": "training"}),
    ("hyperparameters.retrieve_default", {}),
    ("hyperparameters.validate", {"hyperparameters": {"epochs": 3}}),
    ("environment_variables.retrieve_default", {}),
    ("metric_definitions.retrieve_default", {}),
    ("instance_types.retrieve_default", {"scope": "training"}),
    ("instance_types.retrieve", {"scope": "training"}),
    ("resource_requirements.retrieve_default", {"scope": "inference"}),
    ("accept_types.retrieve_default", {}),
    ("accept_types.retrieve_options", {}),
    ("content_types.retrieve_default", {}),
    ("content_types.retrieve_options", {}),
    ("payloads.retrieve_all_examples", {}),
    (
        "image_uris.retrieve",
        {"framework": None, "image_scope": "training", "instance_type": "ml.g5.xlarge"},
    ),
)


def arguments() -> Iterator[Case]:
    """Missing, misspelled and odd arguments, for every function."""
    for function, own in MODEL_FUNCTIONS:
        for model_id, version in itertools.product(
            (MOBILENET, None, "", "zzz", MOBILENET + "4", MOBILENET.upper()), ("*", None)
        ):
            model = {"region": "us-west-2", "model_id": model_id, "model_version": version}
            yield Case(function, {**model, **own})
        model = {"region": None, "model_id": MOBILENET, "model_version": "*"}
        yield Case(function, {**model, **own})
        yield Case(function, {**model, **own, "tolerate_deprecated_model": True})
        yield Case(function, {**model, **own, "tolerate_vulnerable_model": True})
        yield Case(function, {**model, **own, "framework_version": "2.19"})
        for name in {"script_scope", "model_scope", "scope", "image_scope"} & set(own):
            for scope in (None, "Training", "eia", "", "inference_graviton", "trainin"):
                yield Case(function, {**model, **own, name: scope})
        if "instance_type" not in own and function not in NO_INSTANCE_TYPE:
            yield Case(function, {**model, **own, "instance_type": "ml.g5.xlarge"})
    yield from _more_arguments({"region": "us-west-2", "model_id": MOBILENET, "model_version": "*"})


NO_INSTANCE_TYPE = (
    *("script_uris.retrieve", "hyperparameters.validate", "payloads.retrieve_all_examples"),
    *("instance_types.retrieve_default", "instance_types.retrieve"),
    *("accept_types.retrieve_default", "accept_types.retrieve_options"),
    *("content_types.retrieve_default", "content_types.retrieve_options"),
)


MEANINGLESS: dict[str, Any] = {
    "version": "2.19",
    "py_version": "py312",
    "container_version": "x",
    "accelerator_type": "ml.eia2.medium",
    "inference_tool": "neuron",
    "sdk_version": "1",
    "base_framework_version": "x",
    "distribution": {"smdistributed": {}},
    "framework": "tensorflow",
}


def _more_arguments(model: dict[str, Any]) -> Iterator[Case]:
    for scope in SCOPES:
        more = {"scope": scope, "training_instance_type": "ml.g5.xlarge"}
        yield Case("instance_types.retrieve", {**model, **more})
        yield Case("instance_types.retrieve_default", {**model, **more})
        yield Case("environment_variables.retrieve_default", {**model, "script": scope})
    asked = {"instance_type": "ml.g5.xlarge", "image_scope": "training"}
    for name, value in MEANINGLESS.items():
        yield image(model, **{**asked, name: value})
    yield image(model, **{**asked, "framework": "pytorch"})
    yield image(model, **{**asked, "framework": "us-west-2"})


NAN, INFINITY = float("nan"), float("inf")


class Spelled:
    """A value of which nothing is known but its text, as a member of somebody's Enum."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class PipelineVariable:
    """One as the SDK has them: what would need its value raises."""

    def _refuse(self) -> Any:
        raise TypeError("Pipeline variables do not support this operation.")

    __str__ = __int__ = __float__ = _refuse


HYPERPARAMETER_VALUES: dict[str, tuple[Any, ...]] = {
    "epochs": (
        3,
        "3",
        0,
        1000,
        1001,
        "1e3",
        "3.0",
        3.0,
        True,
        " 3",
        "+3",
        "-3",
        "\u0663",
        None,
        [3],
        Decimal(3),
        Spelled("3"),
        Spelled("three"),
        PipelineVariable(),
    ),
    "batch_size": (1, 1024, 1025, "64", "sixty", 1e400, NAN, "", {}),
    "learning_rate": (
        *(0, 1, 0.5, "0.5", "1e-3", -0.1, 1.1, NAN, "nan", INFINITY, "inf", "1e400", True, None),
        *(" 0.5", "0_1", "\u0660.\u0665", [], "", ".5", "5.", "0x1"),
        *(Decimal("0.5"), Decimal("1.5"), Spelled("0.5"), PipelineVariable()),
    ),
    "augmentation_random_rotation": (-1, 1, -1.01, "0.2"),
    "random_seed": (0, -1, 2**63 - 1, 2**63, "123", 2**80),
    "train_only_on_top": ("True", "False", "true", True, False, 1, None, "", Spelled("True")),
    "optimizer": ("adam", "Adam", "sgd", 3, None, "", Spelled("adam"), PipelineVariable()),
    "augmentation_random_flip": ("None", "horizontal", None),
    "binary_mode": ("True",),
    "eval_metric": ("accuracy", "auc"),
    "train_only_top_layer": ("True",),
    "eps": (1e-7,),
    "batch-size": (8,),
    "class_weight": ("balanced",),
    "sagemaker_program": ("x.py", 3),
    "learning_rat": (0.1,),
    "": (1,),
}
MODES = ("validate_provided", "validate_algorithm", "validate_all")


def hyperparameter_values(spec: dict[str, Any]) -> Iterator[Case]:
    """Every kind of value for ``hyperparameters.validate``, in every mode."""
    model = {"region": "us-west-2", "model_id": MOBILENET, "model_version": "*"}
    for name, values in HYPERPARAMETER_VALUES.items():
        for value in values:
            yield Case("hyperparameters.validate", {**model, "hyperparameters": {name: value}})
    complete = {known["name"]: str(known["default"]) for known in spec["hyperparameters"]}
    for mode in (*MODES, None, "all"):
        for given in (
            *(complete, {}, None, {**complete, "extra": "1"}, {**complete, "epochs": 0}),
            {k: v for k, v in complete.items() if not k.startswith("sagemaker_")},
            {k: v for k, v in complete.items() if k != "optimizer"},
        ):
            more = {"hyperparameters": given, "validation_mode": mode}
            yield Case("hyperparameters.validate", {**model, **more})
    both = {"eval_metric": "auc", "binary_mode": "True"}
    yield Case("hyperparameters.validate", {**model, "hyperparameters": both})


FRAMEWORK_VERSIONS = (
    *("1.4", "1.10.0", "1.12", "1.13.1", "1.15", "2.1.3", "2.3", "2.3.1", "2.9", "2.9.2", "2.12"),
    *("2.19", "2.19.0", "2.20", "2.21", "latest", "", None),
)
FRAMEWORK_TYPES = (
    *("ml.m5.xlarge", "ml.g5.xlarge", "ml.p2.xlarge", "ml.p4d.24xlarge", "ml.c7g.xlarge"),
    *("ml.m7g.xlarge", "ml.inf1.xlarge", "ml.trn1.2xlarge", "local", "local_gpu", "x", None),
)


def framework_images(*, full: bool) -> Iterator[Case]:
    """``image_uris.retrieve`` without a model; the SDK takes some 30 ms for each."""
    scopes = ("training", "inference", "inference_graviton", "eia", None, "x")
    regions = (
        *("us-west-2", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "us-isof-east-1"),
        *("ap-east-2", "eu-isoe-west-1", "eusc-de-east-1", "il-central-1", "mars-1"),
    )
    some = ("2.3", "2.19", None)
    for version, kind, scope in itertools.product(
        FRAMEWORK_VERSIONS if full else some,
        FRAMEWORK_TYPES if full else FRAMEWORK_TYPES[:5],
        scopes,
    ):
        yield _framework(version, instance_type=kind, image_scope=scope)
    for region, version, scope in itertools.product(
        regions if full else regions[1:3], FRAMEWORK_VERSIONS if full else some, SCOPES
    ):
        yield _framework(version, region=region, image_scope=scope)
    for python, version in itertools.product(
        ("py2", "py3", "py37", "py312"), FRAMEWORK_VERSIONS if full else some
    ):
        yield _framework(version, py_version=python)
    base = {"region": "us-west-2", "version": "2.3", "image_scope": "training"}
    base |= {"framework": "tensorflow", "instance_type": "ml.p3.2xlarge"}
    for more in (
        *(
            {"distribution": {"smdistributed": {}}},
            {"distribution": {"mpi": {}}},
            {"version": None},
        ),
        *({"accelerator_type": "ml.eia2.medium"}, {"accelerator_type": "x"}, {"version": "1.15"}),
        *({"container_version": "x"}, {"framework": "pytorch"}, {"framework": None}),
    ):
        yield Case("image_uris.retrieve", {**base, **more})


def _framework(version: str | None, **more: Any) -> Case:
    base = {"framework": "tensorflow", "region": "us-west-2", "version": version}
    base |= {"image_scope": "training", "instance_type": "ml.g5.xlarge"}
    return Case("image_uris.retrieve", base | more)
