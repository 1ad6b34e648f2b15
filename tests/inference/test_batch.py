"""Batch prediction: tables, bad images as rows, resuming, and the batch-transform request."""

import csv
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyarrow.parquet
import pytest
from botocore.stub import Stubber

from ic_tf_sdk import embedded
from ic_tf_sdk.errors import OutputExistsError, RequestRefusedError, StorageError, UserError
from ic_tf_sdk.inference import batch, image_source, partial_rows
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.launch.sagemaker import transform_request
from tests.aws import BUCKET
from tests.content.fault_proxy import faults


@pytest.fixture(scope="module")
def model(model_tar_gz: Path) -> ServedModel:
    return ServedModel(model_tar_gz)


@pytest.fixture
def folder(tiny_dataset: SimpleNamespace, tmp_path: Path) -> Path:
    """The test pictures, a text called .png, an empty .JPG, a hidden file and another file."""
    root = tmp_path / "images"
    shutil.copytree(tiny_dataset.test, root)
    (root / "bad.png").write_text("no image")
    (root / "empty.JPG").touch()
    (root / ".hidden.png").write_text("not looked at")
    (root / "notes.txt").write_text("not looked at")
    return root


def test_bad_images_are_rows_with_a_reason_and_the_others_are_predicted(
    model: ServedModel, model_tar_gz: Path, folder: Path
) -> None:
    rows = list(batch.predict(model, image_source.find([str(folder)])))
    assert len(rows) == 17
    assert {Path(row["image"]).name: row["error"] for row in rows if "error" in row} == {
        "bad.png": "The image cannot be decoded: not a JPEG or PNG image. Its 8 bytes begin like "
        "text.",
        "empty.JPG": "There is no image: it has 0 bytes.",
    }
    predictor = LocalPredictor(model_tar_gz)
    for row in rows:
        if "error" not in row:
            alone = json.loads(predictor.predict(Path(row["image"]).read_bytes()))
            assert row["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6)


def test_images_behind_links_are_found_and_what_other_programs_leave_is_not(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "b").symlink_to(folder / "dots")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "1.jpg").write_text("not looked at")
    names = [image.name for image in image_source.find([str(tmp_path / "linked"), str(folder)])]
    assert len(names) == 5 + 17
    assert names == sorted(names[:5]) + sorted(names[5:], key=Path)


def test_the_three_formats_hold_the_same(model: ServedModel, folder: Path, tmp_path: Path) -> None:
    images = image_source.find([str(folder)])
    for suffix in ("csv", "jsonl", "parquet"):
        assert batch.write(model, images, tmp_path / f"out.{suffix}") == 2
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    with (tmp_path / "out.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    parquet = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert json.loads(parquet.schema.metadata[b"labels"]) == ["dots", "plain", "stripes"]
    assert [line["image"] for line in lines] == [image.name for image in images]
    for line, cells, record in zip(lines, table, parquet.to_pylist(), strict=True):
        assert line["image"] == cells["image"] == record["image"]
        assert line.get("error", "") == cells["error"] == (record["error"] or "")
        if "error" in line:
            assert record["probabilities"] is None
            continue
        assert line["predicted_label"] == cells["predicted_label"] == record["predicted_label"]
        assert float(cells["probability of plain"]) == line["probabilities"][1]
        assert float(cells["probability"]) == max(line["probabilities"])
        assert record["probabilities"] == pytest.approx(line["probabilities"], rel=1e-7)


def test_calibrated_rows_are_what_the_endpoint_answers_and_change_no_label(
    model: ServedModel, model_tar_gz: Path, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder / "dots"), str(folder / "stripes")])
    form = batch.VERBOSE._replace(calibrated=True)
    predictor = LocalPredictor(model_tar_gz)
    accept = {"Accept": "application/json;verbose;calibrated=true"}
    rows = zip(batch.predict(model, images), batch.predict(model, images, form), strict=True)
    for plain, row in rows:
        alone = json.loads(predictor.predict(Path(row["image"]).read_bytes(), accept))
        assert row["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6)
        assert row["predicted_label"] == plain["predicted_label"]
        assert row["probabilities"] != plain["probabilities"]
    # Rows of one kind are not gone on with as the other.
    begun(model, images, tmp_path / "out.jsonl", 3)
    with pytest.raises(UserError, match="partial output of another model"):
        batch.write(model, images, tmp_path / "out.jsonl", form=form)


def test_whether_an_image_is_unknown_stands_in_the_last_columns(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images, form = image_source.find([str(folder)]), batch.VERBOSE._replace(unknown=True)
    for suffix in ("csv", "jsonl", "parquet"):
        assert batch.write(model, images, tmp_path / f"out.{suffix}", form=form) == 2
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    with (tmp_path / "out.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert list(table[0])[-2:] == ["unknown", "unknown_score"]
    records = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    for line, cells, record in zip(lines, table, records, strict=True):
        if "error" in line:
            assert cells["unknown"] == cells["unknown_score"] == ""
            assert record["unknown"] is record["unknown_score"] is None
            continue
        assert line["unknown"] == (line["unknown_score"] > 0) == record["unknown"]
        assert cells["unknown"] == str(line["unknown"])
        assert float(cells["unknown_score"]) == line["unknown_score"]
        assert record["unknown_score"] == pytest.approx(line["unknown_score"], rel=1e-6)


def test_an_archive_of_before_there_was_calibration_answers_and_refuses_calibrated_ones(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    old = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
    model, images = ServedModel(old), image_source.find([str(tiny_dataset.test)])
    assert all("probabilities" in row for row in batch.predict(model, images[:3]))
    pixels = model.load_image(images[0].read())[None]
    assert list(model.folded()(pixels)) == ["probabilities"]
    form = batch.VERBOSE._replace(calibrated=True)
    with pytest.raises(UserError, match="has no answers for calibrated=true"):
        next(batch.predict(model, images, form))
    with pytest.raises(UserError, match="again with validation images"):
        batch.write(model, images, tmp_path / "out.csv", form=form)
    assert not list(tmp_path.iterdir())
    with pytest.raises(RequestRefusedError) as caught:
        LocalPredictor(old).predict(images[0].read(), {"Accept": "*/*;calibrated=true"})
    assert caught.value.status.startswith("406")


def test_an_interrupted_run_goes_on_and_ends_with_the_same_file(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder)])
    batch.write(model, images, tmp_path / "whole.csv")
    rows = 0

    def interrupt(_: object) -> None:
        nonlocal rows
        rows += 1
        if rows == 5:
            raise KeyboardInterrupt

    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        batch.write(model, images, out, on_row=interrupt)
    assert not out.exists()
    partial = tmp_path / "out.csv.partial"
    kept = partial.read_text()
    partial.write_text(kept + '{"image": "half a li')
    read: list[str] = []
    counted = [_counting(image, read) for image in images]
    batch.write(model, counted, out)
    assert len(read) == len(images) - 5
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "out.csv", "whole.csv"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x1c", "\x0b", "\r"])
def test_a_run_goes_on_over_names_with_a_line_separator(
    model: ServedModel, folder: Path, tmp_path: Path, separator: str
) -> None:
    image = image_source.find([str(folder)])[0]
    images = [image_source.SourceImage(name, image.read) for name in (f"a{separator}b", "c", "d")]

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        batch.write(model, images, out, on_row=interrupt)
    batch.write(model, images, out)
    rows = [json.loads(line) for line in out.read_bytes().decode().split("\n")[:-1]]
    assert [row["image"] for row in rows] == [one.name for one in images]


def _counting(image: image_source.SourceImage, read: list[str]) -> image_source.SourceImage:
    def counted() -> bytes:
        read.append(image.name)
        return image.read()

    return image._replace(read=counted)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_names_that_are_no_utf_8_or_hold_line_ends_are_written_and_taken_up(
    model: ServedModel, folder: Path, tmp_path: Path, suffix: str
) -> None:
    photo = next(folder.rglob("*.jpg"))
    names = (b"Mu\xf1oz.jpg", "a\u2028b\u0085c.jpg".encode(), b"bad\xff.png")
    odd = tmp_path / "odd"
    odd.mkdir()
    for name in names:
        content = b"no image" if name.startswith(b"bad") else photo.read_bytes()
        Path(os.fsdecode(os.path.join(os.fsencode(odd), name))).write_bytes(content)  # noqa: PTH118
    images = image_source.find([str(odd)])
    out = tmp_path / f"out.{suffix}"

    def die(row: dict[str, Any]) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        batch.write(model, images, out, on_row=die)
    assert batch.write(model, images, out) == 1
    if suffix == "parquet":
        written = [row["image"] for row in pyarrow.parquet.read_table(out).to_pylist()]
    elif suffix == "csv":
        with out.open(encoding="utf-8", newline="") as stream:
            written = [row["image"] for row in csv.DictReader(stream)]
    else:
        written = [json.loads(line)["image"] for line in out.read_text("utf-8").split("\n")[:-1]]
        assert written == [image.name for image in images]
    assert len(written) == 3
    assert any("Mu" in name and "oz.jpg" in name for name in written)


class KilledError(Exception):
    """Stands for the end of the process."""


def begun(model: ServedModel, images: list[image_source.SourceImage], out: Path, rows: int) -> Path:
    """The partial output of a run that was killed after some rows."""
    seen: list[object] = []

    def die(row: object) -> None:
        seen.append(row)
        if len(seen) == rows:
            raise KilledError

    with pytest.raises(KilledError):
        batch.write(model, images, out, on_row=die)
    return out.with_name(f"{out.name}.partial")


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


@pytest.mark.parametrize("head", ['{"model": "another"}\n', "image,label\n", "\0\0\n", "no line"])
def test_partial_output_of_another_model_is_refused_and_kept(
    model: ServedModel, fine_tuned_binary: Path, folder: Path, tmp_path: Path, head: str
) -> None:
    (tmp_path / "out.csv.partial").write_text(head)
    with pytest.raises(UserError, match="of another model, or damaged; delete it"):
        batch.write(model, image_source.find([str(folder)]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv.partial").read_text() == head
    assert ServedModel(fine_tuned_binary).fingerprint != model.fingerprint


def test_models_that_differ_in_their_labels_alone_are_two(
    fine_tuned: Path, model: ServedModel, tmp_path: Path
) -> None:
    relabelled = tmp_path / "1"
    shutil.copytree(fine_tuned / "1", relabelled)
    labels = relabelled / "assets" / "labels.json"
    labels.write_text(json.dumps(json.loads(labels.read_text())[::-1]))
    other = ServedModel(relabelled)
    assert other.labels == model.labels[::-1]
    assert other.fingerprint != model.fingerprint
    assert ServedModel(fine_tuned).fingerprint == model.fingerprint


def test_rows_of_images_that_are_not_asked_for_are_left_out(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder)])
    out = tmp_path / "out.jsonl"
    begun(model, images, out, 6)
    asked = [*images[3:8], images[1]]
    read: list[str] = []
    batch.write(model, [_counting(image, read) for image in asked], out)
    assert [row["image"] for row in rows_of(out)] == [image.name for image in asked]
    # Several are read at a time.
    assert sorted(read) == sorted(image.name for image in images[6:8])


def test_images_that_were_replaced_are_predicted_again(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder)])
    out = tmp_path / "out.jsonl"
    begun(model, images, out, 6)
    (folder / "dots").rename(folder / "gone")
    shutil.copytree(folder / "stripes", folder / "dots")
    for one, other in zip((folder / "gone").iterdir(), (folder / "dots").iterdir(), strict=True):
        # As a copy that takes over times does it.
        os.utime(other, ns=(one.stat().st_atime_ns, one.stat().st_mtime_ns))
        other.rename(folder / "dots" / one.name)
    shutil.rmtree(folder / "gone")
    batch.write(model, images, out)
    batch.write(model, images, tmp_path / "anew.jsonl")
    assert rows_of(out) == rows_of(tmp_path / "anew.jsonl")


def test_an_image_that_could_not_be_read_is_read_again(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder)])
    content = Path(images[1].name).read_bytes()
    Path(images[1].name).unlink()
    out = tmp_path / "out.jsonl"
    begun(model, images, out, 4)
    Path(images[1].name).write_bytes(content)
    assert batch.write(model, images, out) == 2
    assert "error" not in rows_of(out)[1]


def test_damaged_rows_are_predicted_again(model: ServedModel, folder: Path, tmp_path: Path) -> None:
    images = image_source.find([str(folder)])
    out = tmp_path / "out.jsonl"
    partial = begun(model, images, out, 6)
    lines = partial.read_bytes().split(b"\n")
    # A digit of a probability, a line's end, and a line of other bytes.
    lines[2] = lines[2].replace(b"0.", b"1.", 1)
    lines[3] += lines.pop(4)
    lines.insert(1, b"\xff\0 no row")
    partial.write_bytes(b"\n".join(lines))
    batch.write(model, images, out)
    batch.write(model, images, tmp_path / "anew.jsonl")
    assert rows_of(out) == rows_of(tmp_path / "anew.jsonl")


def test_a_second_run_of_one_output_is_refused(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder)])
    out = tmp_path / "out.jsonl"
    refused = []

    def start_another(_: object) -> None:
        if not refused:
            with pytest.raises(UserError, match=r"Another run is writing .*out\.jsonl: "):
                batch.write(model, images, out)
            refused.append(True)

    batch.write(model, images, out, on_row=start_another)
    assert refused
    assert [row["image"] for row in rows_of(out)] == [image.name for image in images]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "out.jsonl"]


def test_a_run_that_waited_for_its_model_finds_the_output_complete(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder)])
    out = tmp_path / "out.jsonl"
    batch.write(model, images, out)
    with pytest.raises(OutputExistsError), partial_rows.held(out, model.fingerprint):
        pass


@pytest.mark.parametrize("plant", ["link", "folder", "pipe"])
def test_what_is_planted_for_the_partial_output_is_refused(
    model: ServedModel, folder: Path, tmp_path: Path, plant: str
) -> None:
    partial = tmp_path / "out.csv.partial"
    (tmp_path / "victim").write_text("precious")
    {
        "link": lambda: partial.symlink_to("victim"),
        "folder": partial.mkdir,
        "pipe": lambda: os.mkfifo(partial),
    }[plant]()
    with pytest.raises(UserError, match="is no file of rows"):
        batch.write(model, image_source.find([str(folder)]), tmp_path / "out.csv")
    assert (tmp_path / "victim").read_text() == "precious"


def test_an_image_that_is_named_twice_is_one_row(
    model: ServedModel, folder: Path, tmp_path: Path
) -> None:
    images = image_source.find([str(folder), str(folder)])
    batch.write(model, images, tmp_path / "out.jsonl")
    assert [row["image"] for row in rows_of(tmp_path / "out.jsonl")] == [
        image.name for image in images[: len(images) // 2]
    ]


def test_an_output_that_exists_or_has_another_suffix_is_refused(
    model: ServedModel, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").touch()
    with pytest.raises(OutputExistsError, match="already exists"):
        batch.write(model, [], tmp_path / "out.csv")
    with pytest.raises(UserError, match=r"Did you mean '\.parquet'"):
        batch.write(model, [], tmp_path / "out.parqet")


def test_every_location_without_an_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError) as caught:
        image_source.find([str(tmp_path / "empty"), str(tmp_path / "missing")])
    assert str(tmp_path / "empty") in str(caught.value)
    assert str(tmp_path / "missing") in str(caught.value)


@pytest.mark.usefixtures("aws")
def test_images_under_an_s3_prefix_are_read(
    s3: Any, model: ServedModel, photos: list[Path]
) -> None:
    for path in photos[:3]:
        s3.put_object(Bucket=BUCKET, Key=f"in/{path.name}", Body=path.read_bytes())
    s3.put_object(Bucket=BUCKET, Key="in/notes.txt", Body=b"no")
    rows = list(batch.predict(model, image_source.find([f"s3://{BUCKET}/in/"])))
    expected = [f"s3://{BUCKET}/in/{path.name}" for path in photos[:3]]
    assert [row["image"] for row in rows] == expected
    assert {row["predicted_label"] for row in rows} == {"dots"}


@pytest.mark.usefixtures("aws")
def test_a_folder_of_s3_has_no_neighbours(s3: Any) -> None:
    for key in ("near/0.jpg", "near/deep/1.PNG", "nearby/0.jpg", "near.jpg", "near2"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    for location in (f"s3://{BUCKET}/near", f"s3://{BUCKET}/near/"):
        names = [image.name for image in image_source.find([location])]
        assert names == [f"s3://{BUCKET}/near/0.jpg", f"s3://{BUCKET}/near/deep/1.PNG"]
    # An object that is named is taken as it is, as a file is.
    [image] = image_source.find([f"s3://{BUCKET}/near2"])
    assert image.read() == b"x"


def test_s3_failing_in_the_middle_stops_a_run_which_goes_on_later(
    aws: str, s3: Any, model: ServedModel, photos: list[Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A refusal is not written down as an error of the image: the next run would not ask again."""
    count = batch.BATCH_SIZE + 3
    for number in range(count):
        key = f"middle/{number:03}.jpg"
        s3.put_object(Bucket=BUCKET, Key=key, Body=photos[0].read_bytes())
    out = tmp_path / "rows.jsonl"

    def rule(method: str, path: str) -> Any:
        return (403, "ExpiredToken") if path.endswith(f"/{count - 1:03}.jpg") else None

    with faults(aws, rule) as url, monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", url)
        images = image_source.find([f"s3://{BUCKET}/middle/"])
        with pytest.raises(StorageError, match="does not accept the credentials"):
            batch.write(model, images, out)
    assert not out.exists()
    images = image_source.find([f"s3://{BUCKET}/middle/"])
    assert batch.write(model, images, out) == 0
    assert len(out.read_text().splitlines()) == count


@pytest.mark.usefixtures("aws")
def test_an_object_that_has_gone_is_a_row_with_its_reason(s3: Any, model: ServedModel) -> None:
    s3.put_object(Bucket=BUCKET, Key="gone/0.jpg", Body=b"x")
    images = image_source.find([f"s3://{BUCKET}/gone/"])
    s3.delete_object(Bucket=BUCKET, Key="gone/0.jpg")
    [row] = batch.predict(model, images)
    assert row == {
        "image": f"s3://{BUCKET}/gone/0.jpg",
        "error": f"No object is at s3://{BUCKET}/gone/0.jpg.",
    }


def test_the_transform_request_is_one_that_the_api_takes() -> None:
    body = transform_request.request(
        job_name="flowers", model_name="mobilenet", images="s3://input/photos", output="s3://output/x",
        largest_image_bytes=3_200_000, instance_type="ml.m5.xlarge",
    )  # fmt: skip
    assert body["BatchStrategy"] == "SingleRecord"
    assert body["MaxPayloadInMB"] == 4
    assert body["MaxPayloadInMB"] * body["MaxConcurrentTransforms"] <= 100
    client = boto3.client(
        "sagemaker", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        arn = "arn:aws:sagemaker:us-east-1:123456789012:transform-job/flowers"
        stub.add_response("create_transform_job", {"TransformJobArn": arn}, body)
        client.create_transform_job(**body)


@pytest.mark.parametrize("size", [0, 101 << 20])
def test_an_image_that_no_transform_job_sends_is_refused(size: int) -> None:
    with pytest.raises(UserError, match="largest_image_bytes"):
        transform_request.request(
            job_name="a", model_name="b", images="s3://input", output="s3://output",
            largest_image_bytes=size, instance_type="ml.m5.xlarge",
        )  # fmt: skip


def test_transform_outputs_are_joined_to_their_images(tmp_path: Path) -> None:
    (tmp_path / "roses").mkdir()
    (tmp_path / "roses" / "a.jpg.out").write_text('{"probabilities": [0.5, 0.5]}')
    (tmp_path / "b.png.out").write_text('{"probabilities": [1.0, 0.0]}')
    assert list(transform_request.read_outputs(tmp_path)) == [
        {"image": "b.png", "probabilities": [1.0, 0.0]},
        {"image": "roses/a.jpg", "probabilities": [0.5, 0.5]},
    ]
