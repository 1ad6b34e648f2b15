"""Every public function and class has an example in its docstring, and it runs as it stands."""

import doctest
import inspect
from collections.abc import Iterator
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import launch, sample_data, settings
from tests import public_names
from tests.aws import BUCKET
from tests.rehearsal.control_plane import TELEMETRY_OFF, running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
ROLE = "arn:aws:iam::123456789012:role/training"
SDK = metadata.version("sagemaker").partition(".")[0]

OBJECTS = public_names.objects()
MODULES = public_names.modules()

# Which line of the SDK a module's examples need; the two cannot be installed together.
NEEDS = {"ic_tf_sdk.launch.sagemaker.sdk_v2": "2", "ic_tf_sdk.launch.sagemaker.sdk_v3": "3"}

ENGINE = "ic_tf_sdk.inference.engines.spark"


def needs_example(value: object) -> bool:
    """Whether it is more than an error or a set of words, which are met in functions' examples."""
    return not (inspect.isclass(value) and issubclass(value, Exception | Enum))


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``flowers/`` and ``labels.txt``, in which the examples run."""
    folder = tmp_path_factory.mktemp("examples")
    sample_data.draw(directory=folder / "flowers", images_per_class=4)
    (folder / "labels.txt").write_text("rose\nsunflower\ntulip\n")
    return folder


@pytest.fixture(scope="module")
def classifier(flowers: Path) -> None:
    """``classifier/`` beside them: a SavedModel whose logits are the means of the colours."""
    import tensorflow as tf

    class Classifier(tf.Module):
        """Images float32 [batch, 224, 224, 3] to logits [batch, 3]."""

        @tf.function(input_signature=[tf.TensorSpec([None, 224, 224, 3], tf.float32)])
        def __call__(self, images: Any) -> Any:
            return tf.reduce_mean(images, [1, 2])

    tf.saved_model.save(Classifier(), str(flowers / "classifier"))


@pytest.fixture(scope="module")
def bucket(s3: Any) -> None:
    """``my-bucket``, with a photo and an answer to it."""
    place = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="my-bucket", CreateBucketConfiguration=place)
    s3.put_object(Bucket="my-bucket", Key="photos/star-0000.jpg", Body=b"x" * 48213)
    answer = b'{"probabilities": [0.2, 0.8], "labels": ["gear", "star"], "predicted_label": "star"}'
    s3.put_object(Bucket="my-bucket", Key="answers/star-0000.jpg.out", Body=answer)


@pytest.fixture
def values(
    aws: str, bucket: None, flowers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """What the examples call by name, on a machine that reaches no network."""
    monkeypatch.chdir(flowers)
    # SDK v3 would send telemetry, and ask IAM, which moto does not simulate, what the role may do.
    (tmp_path / "sagemaker.yaml").write_text(TELEMETRY_OFF)
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(tmp_path / "sagemaker.yaml"))
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    for name in settings.__all__:
        monkeypatch.setattr(settings, name, None)
    with running() as plane:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", plane.url)
        job = launch.training_job(MODEL_ID, role=ROLE, output_path="s3://my-bucket/output")
        yield {"launch": launch, "model_id": MODEL_ID, "role": ROLE, "job": job}


def sdk_session() -> Any:
    """A session of the line of the SDK that is installed."""
    if SDK == "2":
        import sagemaker

        return sagemaker.Session(default_bucket=BUCKET)
    from sagemaker.core.helper.session_helper import Session

    return Session(default_bucket=BUCKET)


def run(name: str, docstring: str, names: dict[str, Any]) -> int:
    """Run a docstring's examples; how many lines of code there were."""
    test = doctest.DocTestParser().get_doctest(docstring, names, name, name, 0)
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=printed.append, clear_globs=False)
    assert runner.failures == 0, "".join(printed)
    return runner.tries


@pytest.mark.parametrize("name", [name for name, value in OBJECTS.items() if needs_example(value)])
def test_the_example_runs(
    name: str, values: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    value = OBJECTS[name]
    module = public_names.home(value)
    if NEEDS.get(module.__name__, SDK) != SDK:
        pytest.skip(f"needs the SageMaker SDK v{NEEDS[module.__name__]}")
    if module.__name__ == ENGINE:
        pytest.skip("needs a Spark: tests/inference/engines runs it")
    text = inspect.getdoc(value) or ""
    if "classifier/" in text:
        request.getfixturevalue("classifier")
    names = {**vars(module), **values}
    if "session" in text:
        names["session"] = sdk_session()
    if "batch_transform" in name:
        names["model"] = sdk_model(sdk_session())
    assert run(name, text, names), f"{name} has no example in its docstring"


def sdk_model(session: Any) -> Any:
    """A model that can be transformed with."""
    data, where = "s3://my-bucket/model.tar.gz", {"role": ROLE, "instance_type": "ml.m5.large"}
    if SDK == "2":
        return launch.model(data, MODEL_ID, session=session, **where)
    builder = launch.model_builder(data, MODEL_ID, session=session, **where)
    builder.build(model_name="flowers")
    return builder


@pytest.mark.parametrize(
    "name", [name for name, module in MODULES.items() if ">>>" in (module.__doc__ or "")]
)
def test_the_example_of_a_module_runs(name: str, values: dict[str, Any]) -> None:
    assert run(name, MODULES[name].__doc__ or "", dict(values))


def test_an_example_that_is_wrong_would_be_seen() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run("wrong", ">>> 1 + 1\n3", {})
