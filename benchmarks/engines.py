"""How many images an hour a core classifies on Spark, on Ray, and without either.

``python -m benchmarks.engines MODEL IMAGES [--images 1000] [--rounds 3]``, where MODEL is a
model.tar.gz or its folder and IMAGES a folder of photos, which are named again until there are as
many as are asked for. Each way has one worker with one thread, and the images by path; the ways
take turns, so that a busy machine slows all alike. Each is asked for all images and for a batch of
them, and the difference counts: what a start costs (Ray Data starts its workers with each dataset)
is not in it.

The steadier figure is the worker's own processor time. What the engine takes beside it, on the same
machine, is in the difference of the seconds.
"""

import argparse
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from benchmarks import record
from ic_tf_sdk import inference
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.engines.worker import Settings, Worker

MANY = 100_000_000
BATCH = 32

Way = Callable[[list[str]], int]
_worker: list[Worker] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--named", default="a network", help="What it is, for the heading.")
    record.option(parser)
    given = parser.parse_args()
    photos = [image.name for image in image_source.find([str(given.folder.resolve())])]
    names = (photos * (given.images // len(photos) + 1))[: given.images]
    model = str(given.model.resolve())
    with _process(model) as (alone, usage), _spark(model) as spark, _ray(model) as ray:
        ways = {"one process": alone, "Spark": spark, "Ray": ray}
        for way in ways.values():  # not counted: what is loaded once
            _seconds(way, names[:BATCH])
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        before = usage()[0]
        for _ in range(given.rounds):
            for name, way in ways.items():
                few = _seconds(way, names[:BATCH])
                seconds[name].append(_seconds(way, names) - few)
        processor, megabytes = usage()
    each = (processor - before) / (given.rounds * (len(names) + BATCH))
    table = _report(given, seconds, len(names) - BATCH)
    record.keep(given, table, note=_of_the_worker(each, megabytes))


def _seconds(way: Way, names: list[str]) -> float:
    start = time.perf_counter()
    if (answered := way(names)) != len(names):
        raise SystemExit(f"{answered} of {len(names)} images were answered.")
    return time.perf_counter() - start


def _report(
    given: argparse.Namespace, seconds: dict[str, list[float]], images: int
) -> record.Table:
    table = record.Table(
        "Prediction",
        f"Spark and Ray beside one process: {given.named}",
        *("", "images/s", "images an hour", f"hours for {MANY // 1_000_000} million"),
        about="One worker with one thread, which reads the images by path; what a start costs is "
        f"not in it. Medians of {given.rounds} rounds of {images} images, in turns.",
    )
    for name, taken in seconds.items():
        # A start takes longer than the images do: where other work delays it, the difference is
        # that of two starts, below zero at times.
        if max(taken) > 2 * min(taken):
            found = ", ".join(f"{one:.1f}" for one in taken)
            raise SystemExit(
                f"{name}: the rounds took {found} s, a factor of 2 apart or more. Ask for more "
                "--images, or on a machine that does nothing else. Nothing was kept."
            )
        rate = images / statistics.median(taken)
        table.add(name, rate, round(3600 * rate), MANY / rate / 3600)
    return table


def _of_the_worker(each: float, megabytes: float) -> str:
    """What the worker without an engine took itself, and what that makes of very many images."""
    milliseconds = round(1000 * each, 1)
    hours = MANY * milliseconds / 3_600_000
    return (
        f"The worker's own processor time is {milliseconds} ms an image, its memory "
        f"{megabytes:,.0f} MB. {MANY:,} x {milliseconds} ms / 3,600,000 = {hours:,.0f} hours of "
        "one core."
    )


@contextmanager
def _process(model: str) -> Iterator[tuple[Way, Callable[[], tuple[float, float]]]]:
    """A worker in a process of its own, without an engine; and what it has used."""
    with ProcessPoolExecutor(1, get_context("spawn"), _start, (model,)) as pool:
        yield (
            lambda names: pool.submit(_answer, names).result(),
            lambda: pool.submit(_usage).result(),
        )


def _start(model: str) -> None:
    _worker.append(Worker(Settings(model, batch_size=BATCH)))


def _answer(names: list[str]) -> int:
    return sum("error" not in row for row in _worker[0].rows(names))


def _usage() -> tuple[float, float]:
    """Processor seconds and the most megabytes of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


@contextmanager
def _spark(model: str) -> Iterator[Way]:
    from pyspark.sql import SparkSession

    # Else its workers are the `python3` of the PATH; the option of this name is spark-submit's.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    classify = inference.spark_classifier(model, batch_size=BATCH)

    def answer(names: list[str]) -> int:
        frame = spark.createDataFrame([(name,) for name in names], "path string").coalesce(1)
        answers = frame.select(classify("path").alias("answer"))
        # Written, and no column left out, as in use; but nowhere.
        answers.write.format("noop").mode("overwrite").save()
        return len(names)

    yield answer
    spark.stop()


@contextmanager
def _ray(model: str) -> Iterator[Way]:
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False

    def answer(names: list[str]) -> int:
        images = ray.data.from_items([{"path": name} for name in names], override_num_blocks=1)
        answers = images.map_batches(
            inference.RayClassifier,
            fn_constructor_kwargs={"model": model, "images": "path"},
            batch_size=BATCH,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=1),
            num_cpus=1,
        )
        return int(answers.materialize().count())

    yield answer
    ray.shutdown()


if __name__ == "__main__":
    main()
