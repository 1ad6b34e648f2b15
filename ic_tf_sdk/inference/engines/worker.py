"""A model in a worker process of an engine: loaded once, asked batch by batch.

Whatever the engine, an image is the bytes of a file or says where the file lies, and its answer is
the row that ``ic-tf predict`` writes.
"""

import logging
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property, partial
from typing import Any, NamedTuple

from ic_tf_sdk import extras, s3
from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.container_answer import Form
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import batch, quiet_tensorflow, runtime
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.engines import model_file
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.partial_rows import Row
from ic_tf_sdk.inference.runtime import Runtime

__all__ = ["Settings", "Worker"]

logger = logging.getLogger(__name__)

# Who waits for S3 or a network's disk uses no core meanwhile.
_READS_AT_ONCE = 8
# As Hadoop's file systems are called.
_S3_NAMES = ("s3a://", "s3n://")
_FILE = "file:"


class Settings(NamedTuple):
    """What every worker of a job is told.

    Attributes:
        model: A path on each machine that has workers, or the S3 URI of a ``model.tar.gz``.
        form: What a row shall hold.
        batch_size: Images in one call of the model, and in memory.
        threads: Threads that one worker computes with.
        gpu: Whether the worker may use a GPU.
        runtime: What computes the answers.
    """

    model: str
    form: Form = batch.VERBOSE
    batch_size: int = batch.BATCH_SIZE
    threads: int = 1
    gpu: bool = False
    runtime: Runtime = "auto"

    def checked(self) -> "Settings":
        """The same.

        Raises:
            UserError: Something cannot be so; all of it is named.
        """
        numbers = {"batch_size": self.batch_size, "threads": self.threads}
        wrong = [
            f"{name} must be a whole number from 1 on, not {value!r}."
            for name, value in numbers.items()
            if type(value) is not int or value < 1
        ]
        if not self.model:
            wrong.append("model must be a path or an s3:// URI, not ''.")
        if self.runtime not in runtime.RUNTIMES:
            wrong.append(f"runtime must be one of {', '.join(runtime.RUNTIMES)}.")
        if wrong:
            raise UserError(" ".join(wrong))
        return self


class Worker:
    """A loaded model; made where the engine works, never sent there.

    Args:
        settings: What the job wants.

    Raises:
        ArchiveError: The model is not there, or damaged.
        UserError: It has no such answers.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: What shall answer is not installed.

    Attributes:
        labels: Class names by class index.
        units: Probabilities of an answer: one for each label, or the second label's alone.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model = _opened(settings)
        batch.require(self._model, settings.form)
        self.labels = self._model.labels
        self.units = self._model.units
        self._readers = ThreadPoolExecutor(_READS_AT_ONCE)
        logger.info("%s is loaded in process %d", settings.model, os.getpid())

    def rows(self, images: Iterable[Any], names: Iterable[str] | None = None) -> list[Row]:
        """Classify images.

        Args:
            images: Of each its file's bytes, a path, a ``file:`` or an ``s3:``, ``s3a:`` or
                ``s3n:`` URI, or None.
            names: What each is called in its row; where nothing is said, a path is its own name.

        Returns:
            A row for each, in their order; what cannot be read or decoded has ``error``.

        Raises:
            StorageError: S3 refuses, or is not there: the engine is to try again.
            UserError: Something is none of these.
        """
        given = list(images)
        called = [str(one) if isinstance(one, str) else "" for one in given]
        sources = map(self._source, given, called if names is None else names)
        settings = self._settings
        rows = list(
            batch.predict(
                self._model,
                sources,
                settings.form,
                batch_size=settings.batch_size,
                threads=settings.threads,
            )
        )
        logger.debug("%d images are classified in process %d", len(rows), os.getpid())
        return rows

    def _source(self, image: Any, name: str) -> SourceImage:
        if image is None:
            return SourceImage(name, _no_image)
        if isinstance(image, bytes | bytearray | memoryview):
            return SourceImage(name, partial(bytes, image))
        if isinstance(image, str):
            # At once, so that it is here when the model has done the batch before.
            return SourceImage(name, self._readers.submit(self._reader(image)).result)
        raise UserError(
            f"A {type(image).__name__} is no image; give the bytes of image files, their paths or "
            "their S3 URIs."
        )

    def _reader(self, location: str) -> Callable[[], bytes]:
        for name in _S3_NAMES:
            location = location.replace(name, "s3://", 1) if location.startswith(name) else location
        if s3.is_uri(location):
            return partial(self._object, location)
        if location.startswith(_FILE):
            # As Spark writes it, with one slash or three and every other letter as it is.
            location = "/" + location.removeprefix(_FILE).lstrip("/")
        elif "://" in location:
            return partial(_not_read_here, location)
        return partial(regular_file.read, location)

    def _object(self, location: str) -> bytes:
        uri = s3.parse(location)
        return self._s3.get(uri)

    @cached_property
    def _s3(self) -> s3.Client:
        return s3.Client()


def _no_image() -> bytes:
    raise UserError("There is no image: the value is null.")


def _not_read_here(location: str) -> bytes:
    kind = location.partition("://")[0]
    raise UserError(
        f"Images are not read from {kind}:// here; let the engine read them, and give their bytes."
    )


def _opened(settings: Settings) -> AnsweringModel:
    path = model_file.at_hand(settings.model)
    needed = runtime.needed(path, settings.runtime)
    if "tensorflow" in needed and extras.has("tensorflow"):
        _start_tensorflow(settings)
    return runtime.opened(path, settings.runtime, threads=settings.threads)


def _start_tensorflow(settings: Settings) -> None:
    quiet_tensorflow.load()
    tensorflow = extras.load("tensorflow")
    # It may run in this process already, as another step of the job has begun it.
    with suppress(RuntimeError):
        tensorflow.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(settings.threads)
        if not settings.gpu:
            tensorflow.config.set_visible_devices([], "GPU")
