"""A real local Spark: the rows of one process, whatever happens to a worker.

``nox -s engines`` runs these; no other environment has pyspark, or a Java runtime.
"""

import doctest
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from ic_tf_sdk import sample_data
from ic_tf_sdk.inference import spark_classifier
from tests.aws import BUCKET, KEYS, REGION
from tests.inference.engines.same_rows import assert_same
from tests.inference.engines.worker_log import WorkerLog

pyspark = pytest.importorskip("pyspark")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("needs a Java runtime", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")

EXAMPLE = Path(__file__).parents[3] / "examples" / "engines" / "spark_predict.py"
WORKERS, TRIES, PARTS = 2, 4, 8


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> WorkerLog:
    return WorkerLog(tmp_path_factory.mktemp("spark") / "workers")


@pytest.fixture(scope="module")
def session(
    log: WorkerLog, aws_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A Spark of two workers, whose failed tasks are tried again, with the loopback S3."""
    folder = tmp_path_factory.mktemp("spark-files")
    cloud = {"AWS_ENDPOINT_URL": aws_server, "AWS_DEFAULT_REGION": REGION, **KEYS}
    own = {"PYSPARK_PYTHON": sys.executable, "IC_TF_SDK_CACHE": str(folder / "cache")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**cloud, **own, **log.variables()}.items():
            patch.setenv(name, value)
        builder = pyspark.sql.SparkSession.builder.master(f"local[{WORKERS},{TRIES}]")
        for name, value in {
            "spark.ui.enabled": "false",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.local.dir": str(folder),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        }.items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("OFF")
        yield spark
        spark.stop()


@pytest.fixture(scope="module")
def as_bytes(one_process: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows of all images that Spark reads: its ``binaryFile`` leaves out empty files."""
    return {name: row for name, row in one_process.items() if Path(name).name != "empty.jpg"}


def files(session: Any, many: Path) -> Any:
    """The images as Spark reads them, spread over both workers."""
    photos = session.read.format("binaryFile").load(str(many)).repartition(PARTS)
    return photos.withColumn("image", pyspark.sql.functions.expr("substring(path, 6)"))


def written(answers: Any, folder: Path) -> list[dict[str, Any]]:
    """The rows of what Spark writes as Parquet."""
    answers.select("image", "answer.*").write.parquet(str(folder))
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(folder).to_pylist()
    return rows


def test_bytes_give_the_table_of_one_process_and_a_worker_loads_the_model_once(
    session: Any,
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    as_bytes: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    log.clear()
    classify = spark_classifier(model_tar_gz, unknown=True)
    answers = files(session, many).withColumn("answer", classify("content"))
    rows = written(answers, tmp_path / "out")
    assert_same(rows, as_bytes, unknown=True)
    # A second question of the same function finds the model in its worker.
    answers.select("answer.predicted_label").collect()
    assert len(log.loads()) <= WORKERS
    assert set(log.loads().values()) == {1}
    # None is classified for each field anew.
    assert log.classified() == 2 * len(as_bytes)


def test_paths_give_the_same_and_null_and_gone_are_rows(
    session: Any,
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    one_process: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    names = [(name,) for name in one_process]
    frame = session.createDataFrame([*names, (None,), ("/gone.jpg",)], "image string")
    answers = frame.repartition(PARTS).withColumn(
        "answer", spark_classifier(model_tar_gz, batch_size=5)("image")
    )
    rows = written(answers, tmp_path / "out")
    broken = {row["image"]: row for row in rows if row["image"] in (None, "/gone.jpg")}
    assert broken[None]["error"] == "There is no image: the value is null."
    assert broken["/gone.jpg"]["error"] == "[Errno 2] No such file or directory: '/gone.jpg'"
    for row in broken.values():
        assert [row[name] for name in ("predicted_label", "probability", "probabilities")] == [
            None, None, None
        ]  # fmt: skip
    assert_same([row for row in rows if row["image"] not in broken], one_process)


def test_a_killed_worker_costs_no_image_and_doubles_none(
    session: Any,
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    as_bytes: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    log.clear(kill=True)
    classify = spark_classifier(model_tar_gz, batch_size=4)
    answers = files(session, many).withColumn("answer", classify("content"))
    rows = written(answers, tmp_path / "out")
    assert log.was_killed()
    assert_same(rows, as_bytes)
    # What the killed one had answered and not yet given away was classified once more.
    assert log.classified() > len(as_bytes)
    assert set(log.loads().values()) == {1}


def test_a_model_in_s3_is_fetched_by_the_workers(
    session: Any, s3: Any, model_tar_gz: Path, many: Path, one_process: dict[str, dict[str, Any]]
) -> None:
    s3.upload_file(str(model_tar_gz), BUCKET, "spark/model.tar.gz")
    classify = spark_classifier(f"s3://{BUCKET}/spark/model.tar.gz")
    rows = files(session, many).limit(9).select("image", classify("content").alias("answer"))
    for row in rows.collect():
        assert row.answer.predicted_label == one_process[row.image]["predicted_label"]


def test_a_model_that_is_not_there_fails_the_job_with_its_sentence(
    session: Any, many: Path
) -> None:
    classify = spark_classifier("/gone/model.tar.gz")
    with pytest.raises(pyspark.errors.PythonException, match="is not on the worker"):
        files(session, many).select(classify("content")).collect()


def test_the_example_script_writes_the_same_table(
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    as_bytes: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    words = [str(submit), "--master", f"local[{WORKERS}]", str(EXAMPLE)]
    words += [str(model_tar_gz), str(many), str(tmp_path / "answers"), "--partitions", str(PARTS)]
    environment = {**os.environ, **log.variables(), "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "121 images, 1 of them with an error." in done.stdout
    rows = pyarrow.parquet.read_table(tmp_path / "answers").to_pylist()
    assert_same([{**row, "image": row["image"].removeprefix("file:")} for row in rows], as_bytes)


def test_the_example_of_the_docstring_runs(session: Any, tmp_path: Path) -> None:
    sample_data.draw(directory=tmp_path / "drawn", images_per_class=1)
    (tmp_path / "photos").mkdir()
    for path in (tmp_path / "drawn").rglob("*.jpg"):
        shutil.copy(path, tmp_path / "photos")
    # Java stays in the folder that it was started in.
    text = str(inspect.getdoc(spark_classifier)).replace("photos/*", f"{tmp_path}/photos/*")
    example = doctest.DocTestParser().get_doctest(text, {"spark": session}, "spark", None, 0)
    runner = doctest.DocTestRunner()
    runner.run(example)
    assert (runner.failures, runner.tries > 3) == (0, True)
