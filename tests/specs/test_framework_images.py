"""The image of a TensorFlow version: its tag, part by part, and what is refused."""

import pytest

from ic_tf_sdk.errors import (
    MissingArgumentError,
    UnknownImageError,
    UnknownInstanceTypeError,
    UnknownRegionError,
)
from ic_tf_sdk.specs.framework_images import ImageRequest, framework_image_uri

CPU, GPU = "ml.m5.xlarge", "ml.g5.xlarge"


def request(**given: object) -> ImageRequest:
    usual = dict.fromkeys(ImageRequest._fields)
    usual |= {"region": "us-west-2", "smdistributed": False, "serverless": False}
    return ImageRequest(**{**usual, **given})  # type: ignore[arg-type]


def tag(**given: object) -> str:
    return framework_image_uri(request(**given)).rpartition("/")[2]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"version": "2.19", "instance_type": GPU}, "2.19-gpu-py312"),
        ({"version": "2.19", "instance_type": CPU}, "2.19-cpu-py312"),
        ({"version": "2.19.0", "instance_type": "ml.p3.2xlarge"}, "2.19.0-gpu-py312"),
        ({"version": "2.19", "instance_type": "local"}, "2.19-cpu-py312"),
        ({"version": "2.19", "instance_type": "local_gpu"}, "2.19-gpu-py312"),
        ({"version": "2.19", "instance_type": GPU, "serverless": True}, "2.19-cpu-py312"),
        # The newest, under its full number.
        ({"instance_type": CPU}, "2.21.0-cpu-py312"),
        # Of several Python versions the one that was asked for.
        ({"version": "1.15.2", "py_version": "py37", "instance_type": GPU}, "1.15.2-gpu-py37"),
        ({"version": "1.15.2", "py_version": "py2", "instance_type": CPU}, "1.15.2-cpu-py2"),
    ],
)
def test_a_tag_has_version_processor_and_python(given: dict[str, object], expected: str) -> None:
    repository, _, found = tag(image_scope="training", **given).partition(":")
    assert (repository, found) == ("tensorflow-training", expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"image_scope": "inference", "version": "2.3", "instance_type": CPU},
         "tensorflow-inference:2.3-cpu"),
        # An image of no Python version takes none, whatever is asked for.
        ({"image_scope": "inference", "version": "2.3", "instance_type": CPU, "py_version": "py3"},
         "tensorflow-inference:2.3-cpu"),
        ({"image_scope": "inference", "version": "2.16", "instance_type": "ml.c7g.large"},
         "tensorflow-inference-graviton:2.16-cpu-py310-ubuntu20.04-sagemaker"),
        ({"image_scope": "inference_graviton", "version": "2.9"},
         "tensorflow-inference-graviton:2.9-cpu-py38-ubuntu20.04-sagemaker"),
        ({"version": "2.3", "accelerator_type": "ml.eia2.medium", "instance_type": CPU},
         "tensorflow-inference-eia:2.3-cpu"),
        ({"version": "2.3", "accelerator_type": "local_sagemaker_notebook"},
         "tensorflow-inference-eia:2.3-cpu"),
    ],
)  # fmt: skip
def test_the_scope_decides_the_repository(given: dict[str, object], expected: str) -> None:
    assert tag(**given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"instance_type": "ml.p4d.24xlarge"}, "2.3.1-gpu-py37-cu110-ubuntu18.04"),
        ({"instance_type": GPU, "smdistributed": True}, "2.3.1-gpu-py37-cu110-ubuntu18.04"),
        ({"instance_type": GPU}, "2.3.1-gpu-py37"),
        ({"instance_type": CPU, "smdistributed": True}, "2.3.1-cpu-py37"),
    ],
)
def test_another_build_runs_on_a100_and_with_the_distribution_libraries(
    given: dict[str, object], expected: str
) -> None:
    assert tag(image_scope="training", version="2.3.1", py_version="py37", **given).endswith(
        f":{expected}"
    )


def test_the_region_decides_account_and_domain() -> None:
    given = {"image_scope": "training", "version": "2.19", "instance_type": CPU}
    assert framework_image_uri(request(region="cn-north-1", **given)) == (
        "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/tensorflow-training:2.19-cpu-py312"
    )
    said = r"'us-west-3'\. Did you mean 'us-west-2' or 'us-west-1'\? It is in af-south-1, "
    with pytest.raises(UnknownRegionError, match=said):
        framework_image_uri(request(region="us-west-3", **given))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"image_scope": None}, MissingArgumentError, "Must specify `image_scope`: 'eia'"),
        ({"image_scope": "trainig"}, UnknownImageError, r"Did you mean 'training'\?"),
        ({"image_scope": "inference_gravitn"}, UnknownImageError,
         r"Did you mean 'inference_graviton'\?"),
        ({"version": "2.199"}, UnknownImageError,
         r"no TensorFlow '2.199' image .*Did you mean '2\.19\.0' or '2\.9\.2'\? There are 1.4.1"),
        ({"version": "1.15.2"}, UnknownImageError, "None is not one of TensorFlow 1.15.2's: py2, "),
        ({"py_version": "py27"}, UnknownImageError, "'py27' is not one of TensorFlow 2.19's"),
        ({"instance_type": None}, MissingArgumentError, "Must specify `instance_type`"),
        ({"instance_type": "g5"}, UnknownInstanceTypeError, "'g5' is no instance type"),
        ({"instance_type": "ml.inf1.xlarge"}, UnknownInstanceTypeError, "do not run on 'ml.inf1"),
        ({"instance_type": "ml.trn1.2xlarge"}, UnknownInstanceTypeError, "do not run on 'ml.trn1"),
        ({"container_version": "x"}, UnknownImageError, "'x' cannot be given"),
        ({"accelerator_type": "ml.m5"}, UnknownInstanceTypeError, "no Elastic Inference"),
        ({"image_scope": "inference_graviton", "version": "2.16", "instance_type": GPU},
         UnknownInstanceTypeError, "The image runs on cpu, and 'ml.g5.xlarge' is gpu"),
    ],
)  # fmt: skip
def test_what_there_is_no_image_for_is_refused_in_a_sentence(
    given: dict[str, object], error: type[Exception], said: str
) -> None:
    usual = {"image_scope": "training", "version": "2.19", "instance_type": GPU}
    with pytest.raises(error, match=said):
        framework_image_uri(request(**{**usual, **given}))


@pytest.mark.parametrize("version", ["2.12", "2.13.0", "2.19"])
def test_p2_instances_run_nothing_from_2_12_on(version: str) -> None:
    with pytest.raises(UnknownInstanceTypeError, match="P2 instances do not run TensorFlow"):
        tag(image_scope="training", version=version, instance_type="ml.p2.xlarge")


@pytest.mark.parametrize("version", ["2.11", "1.14"])
def test_they_run_what_is_older(version: str) -> None:
    python = "py3" if version == "1.14" else None
    found = tag(
        image_scope="training", version=version, instance_type="ml.p2.xlarge", py_version=python
    )
    assert found.startswith(f"tensorflow-training:{version}-gpu-")
