"""What workers, Ray's and Spark's too, make of what they are handed, with a model of no network."""

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import batch, spark_classifier
from ic_tf_sdk.inference.engines import spark
from ic_tf_sdk.inference.engines import worker as engine_worker
from ic_tf_sdk.inference.engines.ray import RayClassifier
from ic_tf_sdk.inference.engines.worker import Settings, Worker
from tests.aws import BUCKET
from tests.inference.plain_model import PlainModel, picture

LIGHT, DARK = picture(255), picture(0)


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Settings with which TensorFlow was started; a file of any name is a plain model."""
    found: list[Settings] = []
    monkeypatch.setattr(engine_worker.runtime, "opened", lambda *_, **__: PlainModel())
    monkeypatch.setattr(engine_worker.extras, "has", lambda name: name != "nothing")
    monkeypatch.setattr(engine_worker, "_start_tensorflow", found.append)
    monkeypatch.chdir(tmp_path)
    Path("model.tar.gz").touch()
    Path("model.onnx").touch()
    return found


def labels(rows: list[dict[str, Any]]) -> list[str | None]:
    return [row.get("predicted_label") for row in rows]


def test_by_default_a_worker_has_one_thread_and_no_gpu() -> None:
    assert Settings("m") == ("m", batch.VERBOSE, batch.BATCH_SIZE, 1, False, "auto")


@pytest.mark.parametrize(
    ("given", "is_right"),
    [({"threads": 1, "batch_size": 1}, True), ({"threads": 0}, False), ({"batch_size": 0}, False),
     ({"threads": True}, False), ({"threads": 2.0}, False), ({"threads": -1}, False),
     ({"runtime": "onnx"}, True), ({"runtime": "torch"}, False), ({"model": ""}, False)],
)  # fmt: skip
def test_what_a_job_can_be_told(given: dict[str, Any], is_right: bool) -> None:
    settings = Settings(**{"model": "m", **given})
    if is_right:
        assert settings.checked() is settings
    else:
        with pytest.raises(UserError, match=next(iter(given))):
            settings.checked()


def test_bytes_paths_and_uris_of_files_are_read_and_what_is_none_says_so(
    started: list[Settings], tmp_path: Path
) -> None:
    path = tmp_path / "light.png"
    path.write_bytes(LIGHT)
    uris = [f"file:{path}", f"file://{path}"]
    given = [LIGHT, bytearray(DARK), memoryview(LIGHT), str(path), *uris, None]
    rows = Worker(Settings("model.tar.gz")).rows(given)
    assert labels(rows) == ["light", "dark", *["light"] * 4, None]
    assert [row["image"] for row in rows] == ["", "", "", str(path), *uris, ""]
    assert rows[-1]["error"] == "There is no image: the value is null."
    named = Worker(Settings("model.tar.gz")).rows([LIGHT, str(path)], ["a", "b"])
    assert [row["image"] for row in named] == ["a", "b"]
    [other] = Worker(Settings("model.tar.gz")).rows(["gs://bucket/a.png"])
    assert other["error"].startswith("Images are not read from gs:// here")
    with pytest.raises(UserError, match="A int is no image"):
        Worker(Settings("model.tar.gz")).rows([7])


def test_objects_are_read_by_each_of_hadoops_names(
    started: list[Settings], aws: str, s3: Any
) -> None:
    # A name of such a scheme within a key is a part of the key.
    s3.put_object(Bucket=BUCKET, Key="engines/s3a://light.png", Body=LIGHT)
    names = [f"{name}://{BUCKET}/engines/s3a://light.png" for name in ("s3", "s3a", "s3n")]
    assert labels(Worker(Settings("model.tar.gz")).rows(names)) == ["light"] * 3


@pytest.mark.parametrize(
    ("model", "runtime", "is_started"),
    [("model.tar.gz", "tensorflow", True), ("model.onnx", "onnx", False)],
)
def test_tensorflow_is_started_where_it_answers(
    started: list[Settings], model: str, runtime: Any, is_started: bool
) -> None:
    settings = Settings(model, runtime=runtime)
    assert Worker(settings).units == 2
    assert started == [settings] * is_started


@pytest.mark.parametrize("gpu", [True, False])
def test_tensorflow_is_kept_to_the_threads_and_from_the_gpu(
    gpu: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, Any]] = []

    def note(name: str) -> Any:
        return lambda *values: called.append((name, *values))

    names = ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads")
    threading = SimpleNamespace(**{name: note(name) for name in names})
    hide = note("set_visible_devices")
    config = SimpleNamespace(threading=threading, set_visible_devices=hide)
    monkeypatch.setattr(engine_worker.quiet_tensorflow, "load", lambda: None)
    monkeypatch.setattr(engine_worker.extras, "load", lambda _: SimpleNamespace(config=config))
    engine_worker._start_tensorflow(Settings("m", threads=3, gpu=gpu))
    hidden = [("set_visible_devices", [], "GPU")] * (not gpu)
    assert called == [(name, 3) for name in names] + hidden

    def begun(_: int) -> None:
        raise RuntimeError("it runs already")

    threading.set_intra_op_parallelism_threads = begun
    engine_worker._start_tensorflow(Settings("m"))


def test_an_actor_answers_a_batch_of_every_kind_with_its_other_columns(
    started: list[Settings],
) -> None:
    actor = RayClassifier("model.tar.gz")
    assert actor._worker._settings == Settings("model.tar.gz")
    columns = {"path": ["a", None], "bytes": [LIGHT, b""], "number": [7, 8]}
    table = pa.table(columns)
    arrays = {name: np.array(values, object) for name, values in columns.items()}
    for given in (table, table.to_pandas(), arrays, columns):
        found = actor(given).to_pydict()
        names = ["image", "predicted_label", "probability", "error", "probabilities", "number"]
        assert list(found) == names
        assert found["image"] == ["a", ""]
        assert found["predicted_label"] == ["light", None]
        assert found["error"] == [None, "There is no image: it has 0 bytes."]
        assert found["number"] == [7, 8]


def test_an_actor_is_told_its_columns(started: list[Settings], tmp_path: Path) -> None:
    (tmp_path / "light.png").write_bytes(LIGHT)
    actor = RayClassifier("model.tar.gz", images="photo", names="photo")
    found = actor({"photo": np.array([str(tmp_path / "light.png")])}).to_pydict()
    assert found["predicted_label"] == ["light"]
    assert "photo" not in found
    with pytest.raises(UserError) as refused:
        actor({"photos": np.array(["a"]), "phot": np.array(["a"])})
    said = str(refused.value)
    assert said.startswith(
        "The batch has no column 'photo'; it has 'photos', 'phot'. Did you mean 'photos'? Say"
    )
    with pytest.raises(UserError, match=r"no column 'bytes' and none 'path'; it has 'paths'\. Say"):
        RayClassifier("model.tar.gz")({"paths": ["a"]})
    with pytest.raises(UserError, match="The columns wide hold arrays; give map_batches"):
        actor({"photo": np.array(["a"]), "wide": np.zeros((1, 2))})


def test_spark_is_told_what_a_worker_does_unless_it_is_said() -> None:
    told = inspect.signature(spark_classifier).parameters
    for name in ("batch_size", "threads", "gpu", "runtime"):
        assert told[name].default == Settings._field_defaults[name]
    assert [told[name].default for name in ("calibrated", "unknown")] == [False, False]


def test_spark_gets_an_array_of_each_field_and_zeros_where_an_image_is_broken(
    started: list[Settings],
) -> None:
    images = np.array([float("nan"), LIGHT, None, DARK], object)
    plain = spark._prediction(Settings("model.tar.gz"))(images)
    assert list(plain["predicted_label"]) == [None, "light", None, "dark"]
    said = "There is no image: the value is null."
    assert list(plain["error"]) == [said, None, said, None]
    assert plain["probability"].tolist() == [0, 1, 0, 1]
    assert plain["probabilities"].tolist() == [[0, 0], [0, 1], [0, 0], [1, 0]]
    assert {plain[name].dtype for name in ("probability", "probabilities")} == {np.dtype("f4")}
    assert not {"unknown", "unknown_score"} & set(plain)


def test_spark_gets_what_is_unknown_where_it_is_asked_for() -> None:
    rows = [{"probability": 0.5, "probabilities": [0.5], "unknown": True, "unknown_score": 0.75},
            {"error": "broken"}]  # fmt: skip
    found = spark._arrays(rows, 1, unknown=True)
    assert (found["unknown"].tolist(), found["unknown"].dtype) == ([1, 0], np.dtype("i1"))
    assert found["unknown_score"].tolist() == [0.75, 0]
    assert found["probabilities"].tolist() == [[0.5], [0]]
