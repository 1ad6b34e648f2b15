"""A worker answers what one process answers, whatever an engine hands it."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ic_tf_sdk.errors import ArchiveError, StorageError, UserError
from ic_tf_sdk.inference import RayClassifier, image_source
from ic_tf_sdk.inference.engines import spark
from ic_tf_sdk.inference.engines.worker import Settings, Worker
from tests.aws import BUCKET
from tests.inference.engines.same_rows import assert_same

# What keeps a worker of one core to one core, in a process that has not begun with TensorFlow.
LIMITS = """
import sys, threading
from ic_tf_sdk.inference.engines.worker import Settings, Worker
worker = Worker(Settings(sys.argv[1], threads=3))
import tensorflow as tf
threads = tf.config.threading
assert threads.get_intra_op_parallelism_threads() == 3
assert threads.get_inter_op_parallelism_threads() == 3
assert tf.config.get_visible_devices("GPU") == []
before = threading.active_count()
worker.rows([b"x"] * 40)
print(before, threading.active_count())
"""

# The answers of all images of a folder, where TensorFlow cannot be imported.
ONNX = """
import json, sys
sys.modules["tensorflow"] = None
from pathlib import Path
from ic_tf_sdk.inference.engines.worker import Settings, Worker
worker = Worker(Settings(sys.argv[1]))
print(json.dumps(worker.rows(map(str, Path(sys.argv[2]).iterdir()))))
"""


@pytest.fixture(scope="module")
def worker(model_tar_gz: Path) -> Worker:
    return Worker(Settings(str(model_tar_gz), batch_size=50))


@pytest.fixture(scope="module")
def classifier(model_tar_gz: Path) -> RayClassifier:
    return RayClassifier(model_tar_gz, unknown=True)


def test_paths_uris_and_bytes_are_answered_alike(
    worker: Worker, one_process: dict[str, dict[str, Any]], many: Path
) -> None:
    paths = sorted(path for path in many.iterdir() if path.suffix == ".jpg")[:6]
    ways = [
        list(map(str, paths)),
        [f"file:{path}" for path in paths],
        [f"file://{path}" for path in paths],
        [path.read_bytes() for path in paths],
        [memoryview(path.read_bytes()) for path in paths],
    ]
    for way in ways:
        for path, image, row in zip(paths, way, worker.rows(way), strict=True):
            assert row["image"] == (image if isinstance(image, str) else "")
            expected = one_process[str(path)]
            assert row.get("error") == expected["error"]
            if expected["error"] is None:
                assert row["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


def test_what_cannot_be_read_is_a_row_with_its_reason_among_the_others(
    worker: Worker, many: Path
) -> None:
    (good,) = many.glob("é 0*dots*000.png")
    images = [str(many / "gone.jpg"), None, b"", str(many), "gs://bucket/a.jpg", "s3://", str(good)]
    rows = worker.rows(images)
    assert [row.get("error", "").replace(str(many), "DIR") for row in rows] == [
        "[Errno 2] No such file or directory: 'DIR/gone.jpg'",
        "There is no image: the value is null.",
        "There is no image: it has 0 bytes.",
        "[Errno 22] a folder, not a file: 'DIR'",
        "Images are not read from gs:// here; let the engine read them, and give their bytes.",
        "'s3://' names no bucket; write s3://bucket/prefix.",
        "",
    ]


def test_objects_of_s3_are_read_by_every_name_and_a_refusal_fails_the_task(
    worker: Worker, aws: str, s3: Any, many: Path
) -> None:
    (good,) = many.glob("é 0*dots*000.png")
    s3.put_object(Bucket=BUCKET, Key="engines/a b.png", Body=good.read_bytes())
    [expected] = worker.rows([str(good)])
    names = [f"{scheme}://{BUCKET}/engines/a b.png" for scheme in ("s3", "s3a", "s3n")]
    for row in worker.rows(names):
        assert row["probabilities"] == expected["probabilities"]
    [gone] = worker.rows([f"s3://{BUCKET}/engines/gone.png"])
    assert gone["error"] == f"No object is at s3://{BUCKET}/engines/gone.png."
    with pytest.raises(StorageError, match="There is no bucket 'nobodys-bucket'"):
        worker.rows([str(good), "s3://nobodys-bucket/a.png"])


def test_what_is_no_image_at_all_fails_the_task(worker: Worker) -> None:
    with pytest.raises(UserError, match="A int is no image; give the bytes of image files"):
        worker.rows([7])


@pytest.mark.parametrize("kind", ["arrow", "pandas", "numpy"])
def test_ray_batches_of_every_format_become_the_table_of_one_process(
    kind: str,
    classifier: RayClassifier,
    one_process: dict[str, dict[str, Any]],
    many: Path,
) -> None:
    paths = sorted(many.iterdir())[:12]
    table = pa.table(
        {
            "path": list(map(str, paths)),
            "bytes": [path.read_bytes() for path in paths],
            "number": range(len(paths)),
        }
    )
    batch: Any = table
    if kind == "pandas":
        batch = table.to_pandas()
    if kind == "numpy":
        batch = {name: table.column(name).to_numpy() for name in table.column_names}
    answers = classifier(batch)
    assert answers.column("number").to_pylist() == list(range(len(paths)))
    assert json.loads(answers.schema.metadata[b"labels"]) == ["dots", "plain", "stripes"]
    expected = {str(path): one_process[str(path)] for path in paths}
    assert_same(answers.drop_columns(["number"]).to_pylist(), expected, unknown=True)


def test_ray_is_told_which_columns_there_are(classifier: RayClassifier) -> None:
    with pytest.raises(UserError, match="no column 'bytes' and none 'path'; it has 'paths'"):
        classifier(pa.table({"paths": ["a.jpg"]}))
    with pytest.raises(UserError, match="columns image hold arrays; give map_batches batch_format"):
        classifier({"path": np.array(["a"]), "bytes": np.array([b"a"]), "image": np.zeros((1, 2))})


def test_an_empty_batch_has_the_columns_all_the_same(classifier: RayClassifier) -> None:
    empty = pa.table({"path": pa.array([], pa.string()), "bytes": pa.array([], pa.binary())})
    answers = classifier(empty)
    assert (answers.num_rows, answers.column_names[-1]) == (0, "unknown_score")


def test_spark_gets_an_array_of_each_field_also_where_the_first_image_is_broken(
    model_tar_gz: Path, many: Path, one_process: dict[str, dict[str, Any]]
) -> None:
    form = Settings("").form._replace(unknown=True)
    predict = spark._prediction(Settings(str(model_tar_gz), form))
    good = sorted(path for path in many.iterdir() if path.name.startswith("é"))[:3]
    images = pd.Series([float("nan"), None, *(path.read_bytes() for path in good)], dtype=object)
    fields = predict(images.to_numpy())
    assert {name: values.shape for name, values in fields.items()} == {
        "predicted_label": (5,), "error": (5,), "probability": (5,), "unknown": (5,),
        "unknown_score": (5,), "probabilities": (5, 3),
    }  # fmt: skip
    assert list(fields["error"][:2]) == ["There is no image: the value is null."] * 2
    assert list(fields["predicted_label"][:2]) == [None, None]
    for index, path in enumerate(good, 2):
        expected = one_process[str(path)]
        for name in ("probability", "probabilities"):
            assert fields[name][index] == pytest.approx(expected[name], abs=1e-6)
        assert fields["unknown_score"][index] == pytest.approx(expected["unknown_score"], abs=1e-4)
        assert (fields["unknown"][index] == 1) == expected["unknown"]
        assert fields["predicted_label"][index] == expected["predicted_label"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"threads": 0}, "threads must be a whole number from 1 on, not 0."),
        ({"batch_size": 2.5, "threads": True}, "batch_size must be .* not 2.5. threads must be"),
        ({"model": ""}, "model must be a path or an s3:// URI"),
        ({"runtime": "torch"}, "runtime must be one of auto, tensorflow, onnx."),
    ],
)
def test_every_wrong_setting_is_said_before_a_job_starts(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Settings(**{"model": "m", **given}).checked()


def test_a_model_that_is_not_on_the_worker_is_said_with_the_machine(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"model\.tar\.gz is not on the worker .*every machine"):
        Worker(Settings(str(tmp_path / "model.tar.gz")))


def test_a_model_without_such_answers_is_refused_when_it_is_loaded(
    without_validation: Path,
) -> None:
    form = Settings("").form._replace(calibrated=True)
    with pytest.raises(UserError, match="no answers for calibrated=true"):
        Worker(Settings(str(without_validation), form))


@pytest.fixture(scope="module")
def without_validation(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model of a job without validation images."""
    from tests.inference.conftest import train

    folder = tmp_path_factory.mktemp("unvalidated")
    return train(folder, tiny_archive, tiny_dataset.test, validation_split_ratio=0, epochs=1)


@pytest.mark.slow
def test_an_onnx_file_answers_without_tensorflow(
    model_tar_gz: Path, many: Path, one_process: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    pytest.importorskip("simplejpeg", reason="needs the extra predict")
    from ic_tf_sdk.inference.convert.conversion import convert

    good = sorted(path for path in many.iterdir() if path.name.startswith("é"))
    convert(model_tar_gz, tmp_path / "model.onnx", images=image_source.find([str(good[0])]))
    words = [sys.executable, "-c", ONNX, str(tmp_path / "model.onnx"), str(many)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == len(one_process)
    for row in rows:
        expected = one_process[row["image"]]
        assert row.get("error") == expected["error"]
        if expected["error"] is None:
            assert row["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-3)
            assert row["predicted_label"] == expected["predicted_label"]


@pytest.mark.slow
def test_a_worker_has_no_more_threads_than_it_was_given(model_tar_gz: Path) -> None:
    words = [sys.executable, "-c", LIMITS, str(model_tar_gz)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before, after = map(int, done.stdout.split())
    assert after == before
