"""A transform job's request: plain, and as the real SDK v2 sends it; its answers, joined."""

from collections.abc import Iterator
from typing import Any

import pytest

from ic_tf_sdk import launch
from ic_tf_sdk.contract.accept_header import read_accept
from ic_tf_sdk.contract.container_answer import response_body
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.launch.sagemaker import transform
from tests.aws import REGION
from tests.launch.sagemaker.job_options import MODEL_ID, ROLE
from tests.rehearsal.control_plane import ControlPlane, running

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

BUCKET = "transform-bucket"
IMAGES = f"s3://{BUCKET}/photos/"
OUTPUT = f"s3://{BUCKET}/answers"
TYPE = "ml.m5.xlarge"


@pytest.fixture(scope="module")
def bucket(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    # 2.5 MiB: three of the whole mebibytes in which the limit is given.
    sizes = {"photos/a.jpg": 10, "photos/deep/b.PNG": 5 << 19, "mixed/a.jpg": 1, "mixed/c.txt": 1}
    for key, size in {**sizes, "photos/": 0, "photos-of-others/a.gif": 1}.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * size)


@pytest.fixture
def plane(aws: str, bucket: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", server.url)
        yield server


def plain(**arguments: Any) -> dict[str, Any]:
    given = {"job_name": "t", "model_name": "m", "images": IMAGES, "output": OUTPUT}
    return transform.create_transform_job(**{**given, "instance_type": TYPE, **arguments})


def test_the_payload_limit_is_that_of_the_largest_image(aws: str, bucket: None) -> None:
    assert transform.largest_image_bytes(IMAGES) == 5 << 19
    request = plain()
    assert request["MaxPayloadInMB"] == 3
    assert request["MaxConcurrentTransforms"] * request["MaxPayloadInMB"] <= 100
    assert request["BatchStrategy"] == "SingleRecord"


def test_sdk_v2_sends_the_plain_request(plane: ControlPlane) -> None:
    import sagemaker

    model = launch.model(
        f"s3://{BUCKET}/model.tar.gz",
        MODEL_ID,
        role=ROLE,
        instance_type=TYPE,
        session=sagemaker.Session(default_bucket=BUCKET),
    )
    transform.batch_transform(
        model, images=IMAGES, output=OUTPUT, instance_type=TYPE, job_name="t", wait=False
    )
    [made] = plane.sent("CreateModel")
    [sent] = plane.sent("CreateTransformJob")
    assert sent == plain(model_name=made["ModelName"])


MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "payload", "at_once"),
    [
        (1, 1, 8), (MIB, 1, 8), (MIB + 1, 2, 8), (12 * MIB, 12, 8), (12 * MIB + 1, 13, 7),
        (50 * MIB, 50, 2), (50 * MIB + 1, 51, 1), (100 * MIB, 100, 1),
    ],
)  # fmt: skip
def test_as_many_requests_are_open_at_once_as_sagemaker_lets(
    size: int, payload: int, at_once: int
) -> None:
    """Their number times the payload is 100 MB at most."""
    found = transform.request(
        job_name="t",
        model_name="m",
        images=IMAGES,
        output=OUTPUT,
        largest_image_bytes=size,
        instance_type=TYPE,
    )
    assert (found["MaxPayloadInMB"], found["MaxConcurrentTransforms"]) == (payload, at_once)
    assert found["TransformResources"] == {"InstanceType": TYPE, "InstanceCount": 1}
    assert found["TransformOutput"]["Accept"] == "application/json;verbose"


@pytest.mark.parametrize(("count", "shown"), [(3, "0.txt, 1.txt, 2.txt. A"), (4, "2.txt .... A")])
def test_three_of_the_objects_that_are_no_images_are_named(
    aws: str, bucket: None, s3: Any, count: int, shown: str
) -> None:
    for number in range(count):
        s3.put_object(Bucket=BUCKET, Key=f"others-{count}/{number}.txt", Body=b"x")
    said = f"{count} objects below s3://{BUCKET}/others-{count}/ are no .jpg, .jpeg or .png: "
    with pytest.raises(UserError) as refused:
        plain(images=f"s3://{BUCKET}/others-{count}/")
    assert str(refused.value).startswith(said)
    assert shown in str(refused.value)


@pytest.mark.parametrize("size", [0, -1, 100 * MIB + 1])
def test_an_image_that_no_transform_job_sends_is_refused(size: int) -> None:
    with pytest.raises(UserError, match=f"is {size}; it must be 1 to 104857600, the most"):
        transform.request(
            job_name="t",
            model_name="m",
            images=IMAGES,
            output=OUTPUT,
            largest_image_bytes=size,
            instance_type=TYPE,
        )


def test_what_a_job_would_run_on_and_write_to_is_looked_at(aws: str, bucket: None) -> None:
    with pytest.warns(UserWarning, match=r"ml\.p3\.2xlarge is of a family .* Take ml\.g4dn"):
        plain(instance_type="ml.p3.2xlarge", instance_count=3)
    with pytest.raises(UserError, match="'/here' is not an S3 URI"):
        plain(output="/here")


def test_the_name_of_a_model_needs_a_session(aws: str, bucket: None) -> None:
    with pytest.raises(UserError, match="needs a session of the SageMaker SDK: give `session`"):
        transform.batch_transform("flowers", images=IMAGES, output=OUTPUT, instance_type=TYPE)


def test_a_model_may_be_named_and_the_job_too(plane: ControlPlane) -> None:
    import sagemaker

    session = sagemaker.Session(default_bucket=BUCKET)
    transform.batch_transform(
        "flowers",
        images=IMAGES,
        output=OUTPUT,
        instance_type=TYPE,
        instance_count=2,
        job_name="mine",
        session=session,
        wait=False,
    )
    [sent] = plane.sent("CreateTransformJob")
    assert sent == plain(job_name="mine", model_name="flowers", instance_count=2)


def test_answers_come_sorted_and_other_files_are_left_alone(
    aws: str, bucket: None, s3: Any
) -> None:
    body = response_body(
        {"probabilities": [1.0], "labels": ["a", "b"], "predicted_label": "b"}, read_accept(None)
    )
    for key in ("b.jpg.out", "a/z.out.out", "a.jpg.out", "notes.txt"):
        s3.put_object(Bucket=BUCKET, Key=f"sorted/{key}", Body=body.encode())
    found = [answer["image"] for answer in transform.answers(f"s3://{BUCKET}/sorted")]
    assert found == ["a/z.out", "a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("images", "error", "said"),
    [
        (f"s3://{BUCKET}/photos", UserError, "must end in '/'"),
        (f"s3://{BUCKET}/mixed/", UserError, r"1 objects below .* are no .*: c\.txt"),
        (f"s3://{BUCKET}/nothing/", UserError, "Nothing is below"),
        ("s3://no-such-bucket-for-photos/x/", StorageError, "NoSuchBucket"),
    ],
)
def test_what_a_transform_job_would_fail_at_is_refused(
    plane: ControlPlane, images: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plain(images=images)
    assert plane.requests == []


def test_a_form_that_the_model_does_not_answer_is_refused(plane: ControlPlane) -> None:
    with pytest.raises(UserError, match=r"'text/plain' cannot be given; ask for application/json"):
        plain(accept="text/plain")
    assert plane.requests == []


FORMS = [
    f"{media_type}{more}"
    for media_type in ("application/json", "application/jsonlines", "text/csv")
    for more in ("", ";verbose", ";n_predictions=1")
]


@pytest.mark.parametrize("accept", FORMS)
def test_answers_of_every_form_carry_the_names_of_their_images(
    aws: str, bucket: None, s3: Any, accept: str
) -> None:
    assert plain(accept=accept)["TransformOutput"]["Accept"] == accept
    given = {"a.jpg": [0.75, 0.25], "deep/b.PNG": [0.125, 0.875]}
    expected = []
    for name, probabilities in given.items():
        best = "dots" if probabilities[0] > 0.5 else "plain"
        answer = {"probabilities": probabilities, "labels": ["dots", "plain"]}
        body = response_body({**answer, "predicted_label": best}, read_accept(accept))
        s3.put_object(Bucket=BUCKET, Key=f"answers/{name}.out", Body=body.encode())
        if "n_predictions" in accept:
            answer = {"probabilities": [max(probabilities)], "labels": [best]}
        known = {"image": name, "probabilities": answer["probabilities"]}
        more = {"labels": answer["labels"], "predicted_label": best}
        expected.append(known | (more if ";" in accept else {}))
    assert list(transform.answers(OUTPUT)) == expected


@pytest.mark.parametrize("body", [b"", b"daisy", b"\xff\xd8\xff", b"[0.1, 0.9]"])
def test_an_output_that_is_no_answer_is_named(aws: str, bucket: None, s3: Any, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="other/deep/a.jpg.out", Body=body)
    with pytest.raises(UserError, match=r"^deep/a\.jpg\.out is not the answer of a transform job"):
        list(transform.answers(f"s3://{BUCKET}/other"))
