"""Classifying many images in this process: streaming, and to a file that can be resumed."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract import container_answer, file_access
from ic_tf_sdk.contract.container_answer import Form, RequestError
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.inference import large_images, partial_rows, prediction_table
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.partial_rows import PartialRows, Row

__all__ = ["BATCH_SIZE", "VERBOSE", "predict", "require", "write"]

BATCH_SIZE = 32
"""Images in one call of the model."""


VERBOSE = Form(verbose=True)
"""What a row holds, where nothing else is asked for."""


def predict(
    model: AnsweringModel,
    images: Iterable[SourceImage],
    form: Form = VERBOSE,
    *,
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
) -> Iterator[Row]:
    """Classify images, in their order, with bounded memory.

    The next batch is read and decoded while the model runs on one.

    Args:
        model: Loaded.
        images: From ``image_source.find``, or others; taken batch by batch.
        form: What a row shall hold; it is verbose.
        batch_size: Images in one call of the model.
        threads: How many images are read and decoded at a time; None takes one a core.

    Yields:
        A row for each image; one that cannot be read or decoded has ``error``, its reason.

    Raises:
        StorageError: S3 refuses, or is not there.
        UserError: The model has no such answers.
    """
    require(model, form)
    for row, _ in _predicted(model, images, form, batch_size, threads):
        yield row


def write(
    model: AnsweringModel,
    images: Sequence[SourceImage],
    out: str | Path,
    *,
    form: Form = VERBOSE,
    on_row: Callable[[Row], None] = lambda _: None,
) -> int:
    """Classify images into a file.

    Rows gather in ``<out>.partial``, which one process writes at a time. A run that was interrupted
    and is started again goes on from there: rows of images that were replaced since are predicted
    again, those of images that are not asked for any more are left out. The output appears under
    its name when it is complete, in the order of the images.

    Args:
        model: Loaded.
        images: From ``image_source.find``.
        out: A ``.csv``, ``.jsonl`` or ``.parquet`` file that does not exist; see
            ``prediction_table`` for the columns.
        form: What a row shall hold; it is verbose.
        on_row: Called with each row, those of an earlier run too.

    Returns:
        How many images have an error instead of a prediction.

    Raises:
        OutputExistsError: ``out`` exists.
        FileAccessError: It cannot be written; the rows until then are kept for the next run.
        UserError: Its suffix is another, the partial output is of another model or form, another
            run is writing it, or the model has no such answers.
        StorageError: S3 refuses, or is not there; the rows until then are kept for the next run.
        MissingExtraError: A parquet file without pyarrow.
    """
    target = Path(out)
    prediction_table.check(target)
    require(model, form)
    with file_access.refusals(target):
        return _write(model, images, target, form, on_row)


def require(model: AnsweringModel, form: Form) -> None:
    """Refuse a form of rows that the model cannot give.

    Raises:
        UserError: It has no such answers.
    """
    try:
        model.require(form)
    except RequestError as error:
        raise UserError(str(error)) from error


def _write(
    model: AnsweringModel,
    images: Sequence[SourceImage],
    target: Path,
    form: Form,
    on_row: Callable[[Row], None],
) -> int:
    # Named twice, an image is one row all the same.
    by_name = {image.name: image for image in images}
    failed = 0

    def count(row: Row) -> None:
        nonlocal failed
        failed += "error" in row
        on_row(row)

    # Rows of one form are none of another's.
    fingerprint = model.fingerprint + "".join(f"-{name}" for name in form.signatures[1:])
    with partial_rows.held(target, fingerprint) as rows:
        done = [name for name, image in by_name.items() if _is_done(image, rows)]
        for row in rows.rows(done):
            count(row)
        finished = set(done)
        remaining = [image for name, image in by_name.items() if name not in finished]
        for row, state in _predicted(model, remaining, form):
            rows.add(row, state)
            count(row)
        prediction_table.convert(rows.rows(by_name), target, model.labels, unknown=form.unknown)
    return failed


def _is_done(image: SourceImage, rows: PartialRows) -> bool:
    try:
        return rows.holds(image.name, image.state)
    except OSError:
        return False


def _predicted(
    model: AnsweringModel,
    images: Iterable[SourceImage],
    form: Form,
    batch_size: int = BATCH_SIZE,
    threads: int | None = None,
) -> Iterator[tuple[Row, str | None]]:
    """Rows, each with the state that its image was read in; None where it could not be read."""
    remaining = iter(images)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:

        def decode_some() -> list[tuple[str, Future[_Loaded]]]:
            batch = islice(remaining, batch_size)
            return [(image.name, pool.submit(_load, model, image)) for image in batch]

        following = decode_some()
        while following:
            batch, following = following, decode_some()
            loaded = [(name, one.result()) for name, one in batch]
            rows = _classified(model, [(name, one.pixels) for name, one in loaded], form)
            yield from zip(rows, (one.state for _, one in loaded), strict=True)


class _Loaded(NamedTuple):
    """An image's pixels float32 [height, width, 3] in 0..255, or the reason why there are none."""

    pixels: Any
    state: str | None


def _load(model: AnsweringModel, image: SourceImage) -> _Loaded:
    state = None
    try:
        # Before its bytes: of one that is replaced meanwhile the state is then another.
        state = image.state()
        return _Loaded(large_images.load(model, image.read()), state)
    except StorageError:
        # S3 has failed, not the image: the run stops here, and goes on when it is started again.
        raise
    except OSError as error:
        # The next run looks again.
        return _Loaded(str(error), None)
    except (RequestError, UserError) as error:
        return _Loaded(str(error), state)


def _classified(model: AnsweringModel, batch: list[tuple[str, Any]], form: Form) -> Iterator[Row]:
    pixels = [loaded for _, loaded in batch if not isinstance(loaded, str)]
    answers = iter(model.classify(pixels, form) if pixels else [])
    for name, loaded in batch:
        if isinstance(loaded, str):
            yield {"image": name, "error": loaded}
        else:
            body = container_answer.response_body(next(answers), form)
            yield {"image": name, **json.loads(body)}
