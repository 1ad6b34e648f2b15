"""A real local Ray: the rows of one process, whatever happens to a worker.

``nox -s engines`` runs these; no other environment has Ray.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from ic_tf_sdk.inference import RayClassifier
from tests.inference.engines.same_rows import assert_same
from tests.inference.engines.worker_log import WorkerLog

ray = pytest.importorskip("ray")
pytest.importorskip("ray.data")

pytestmark = pytest.mark.filterwarnings("default")

EXAMPLE = Path(__file__).parents[3] / "examples" / "engines" / "ray_predict.py"
WORKERS = 2


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> WorkerLog:
    return WorkerLog(tmp_path_factory.mktemp("ray") / "workers")


@pytest.fixture(scope="module", autouse=True)
def cluster(log: WorkerLog) -> Iterator[None]:
    """A Ray of this machine alone; what reads and writes needs processors beside the workers'."""
    ray.init(
        num_cpus=2 * WORKERS,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=200 << 20,
        runtime_env={"env_vars": log.variables()},
    )
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    yield
    ray.shutdown()


def classified(dataset: Any, folder: Path, *, batch_size: int = 16, **given: Any) -> Any:
    """The table that Ray writes as Parquet."""
    answers = dataset.map_batches(
        RayClassifier,
        fn_constructor_kwargs=given,
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=WORKERS),
        num_cpus=1,
    )
    answers.write_parquet(str(folder))
    return pyarrow.parquet.read_table(folder)


def test_bytes_give_the_table_of_one_process_and_a_worker_loads_the_model_once(
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    one_process: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    log.clear()
    images = ray.data.read_binary_files(str(many), include_paths=True).repartition(8)
    table = classified(images, tmp_path / "out", model=str(model_tar_gz), unknown=True)
    assert_same(table.to_pylist(), one_process, unknown=True)
    assert len(log.loads()) <= WORKERS
    assert set(log.loads().values()) == {1}
    assert log.classified() == len(one_process)


def test_paths_give_the_same_and_other_columns_stay(
    model_tar_gz: Path, many: Path, one_process: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    items = [{"path": name, "number": number} for number, name in enumerate(one_process)]
    images = ray.data.from_items([*items, {"path": "/gone.jpg", "number": -1}])
    table = classified(images, tmp_path / "out", model=str(model_tar_gz), images="path")
    rows = {row["image"]: row for row in table.to_pylist()}
    gone = rows.pop("/gone.jpg")
    assert gone["error"] == "[Errno 2] No such file or directory: '/gone.jpg'"
    assert (gone["probabilities"], gone["number"]) == (None, -1)
    assert {name: row.pop("number") for name, row in rows.items()} == {
        item["path"]: item["number"] for item in items
    }
    assert_same(rows.values(), one_process)


def test_a_killed_worker_costs_no_image_and_doubles_none(
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    one_process: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    log.clear(kill=True)
    images = ray.data.read_binary_files(str(many), include_paths=True).repartition(20)
    table = classified(images, tmp_path / "out", batch_size=4, model=str(model_tar_gz))
    assert log.was_killed()
    assert_same(table.to_pylist(), one_process)
    assert log.classified() > len(one_process)
    assert set(log.loads().values()) == {1}


def test_the_example_script_writes_the_same_table(
    log: WorkerLog,
    model_tar_gz: Path,
    many: Path,
    one_process: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    words = [
        str(EXAMPLE),
        str(model_tar_gz),
        str(many),
        str(tmp_path / "answers"),
        "--workers",
        "1",
    ]
    environment = {**os.environ, **log.variables()}
    done = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "122 images, 2 of them with an error." in done.stdout
    assert_same(pyarrow.parquet.read_table(tmp_path / "answers").to_pylist(), one_process)


def test_a_model_that_is_not_there_fails_the_job_with_its_sentence(
    many: Path, tmp_path: Path
) -> None:
    images = ray.data.read_binary_files(str(many), include_paths=True)
    with pytest.raises(Exception, match=r"ArchiveError: The model /gone.* is not on the worker"):
        classified(images, tmp_path / "out", model="/gone/model.tar.gz")
