"""Classifying many images in this process: streaming, and to a file that can be resumed."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import container_answer, file_access
from ic_tf_sdk.contract.container_answer import Form, RequestError
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.inference import large_images, prediction_table
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["BATCH_SIZE", "predict", "write"]

BATCH_SIZE = 32
"""Images in one call of the model."""

Row = dict[str, Any]
"""``image`` with ``probabilities``, ``labels`` and ``predicted_label``, or with ``error``."""


def predict(model: ServedModel, images: Sequence[SourceImage]) -> Iterator[Row]:
    """Classify images, in their order, with bounded memory.

    The next batch is read and decoded while the model runs on one.

    Args:
        model: Loaded.
        images: From ``image_source.find``.

    Yields:
        A row for each image; one that cannot be read or decoded has ``error``, its reason.

    Raises:
        StorageError: S3 refuses, or is not there.
    """
    remaining = iter(images)
    with ThreadPoolExecutor(os.cpu_count()) as threads:

        def decode_some() -> list[tuple[str, Future[Any]]]:
            batch = islice(remaining, BATCH_SIZE)
            return [(image.name, threads.submit(_load, model, image)) for image in batch]

        following = decode_some()
        while following:
            batch, following = following, decode_some()
            yield from _classified(model, [(name, loaded.result()) for name, loaded in batch])


def write(
    model: ServedModel,
    images: Sequence[SourceImage],
    out: str | Path,
    *,
    on_row: Callable[[Row], None] = lambda _: None,
) -> int:
    """Classify images into a file.

    Rows gather in ``<out>.partial``. A run that was interrupted and is started again goes on from
    there; the output appears under its name when it is complete.

    Args:
        model: Loaded.
        images: From ``image_source.find``.
        out: A ``.csv``, ``.jsonl`` or ``.parquet`` file that does not exist; see
            ``prediction_table`` for the columns.
        on_row: Called with each row, those of an earlier run too.

    Returns:
        How many images have an error instead of a prediction.

    Raises:
        OutputExistsError: ``out`` exists.
        FileAccessError: It cannot be written; the rows until then are kept for the next run.
        UserError: Its suffix is another, or the partial output is of another model.
        StorageError: S3 refuses, or is not there; the rows until then are kept for the next run.
        MissingExtraError: A parquet file without pyarrow.
    """
    target = Path(out)
    prediction_table.check(target)
    with file_access.refusals(target):
        return _write(model, images, target, on_row)


def _write(
    model: ServedModel, images: Sequence[SourceImage], target: Path, on_row: Callable[[Row], None]
) -> int:
    partial = target.with_name(f"{target.name}.partial")
    done = _resume(partial, model)
    for row in done.values():
        on_row(row)
    remaining = [image for image in images if image.name not in done]
    failed = sum("error" in row for row in done.values())
    with partial.open("a", encoding="utf-8") as stream:
        for row in predict(model, remaining):
            # ASCII: a name may be no valid UTF-8, or hold what Python takes for a line's end.
            stream.write(json.dumps(row) + "\n")
            stream.flush()
            failed += "error" in row
            on_row(row)
    prediction_table.convert(partial, target, model.labels)
    partial.unlink()
    return failed


def _load(model: ServedModel, image: SourceImage) -> Any:
    """Pixels float32 [height, width, 3] in 0..255, or the reason why there are none."""
    try:
        return large_images.load(model, image.read())
    except StorageError:
        # S3 has failed, not the image: the run stops here, and goes on when it is started again.
        raise
    except (RequestError, OSError, UserError) as error:
        return str(error)


def _classified(model: ServedModel, batch: list[tuple[str, Any]]) -> Iterator[Row]:
    pixels = [loaded for _, loaded in batch if not isinstance(loaded, str)]
    answers = iter(model.classify(pixels) if pixels else [])
    for name, loaded in batch:
        if isinstance(loaded, str):
            yield {"image": name, "error": loaded}
        else:
            body = container_answer.response_body(next(answers), Form(verbose=True))
            yield {"image": name, **json.loads(body)}


def _resume(partial: Path, model: ServedModel) -> dict[str, Row]:
    """The rows of an interrupted run; starts the partial output where there is none."""
    head = json.dumps({"model": model.fingerprint})
    if not partial.exists():
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(head + "\n", encoding="utf-8")
        return {}
    content = partial.read_bytes()
    # A line that was being written when the run was killed is done again.
    whole = content[: content.rfind(b"\n") + 1]
    # A name may hold a character that str.splitlines takes for an end of line.
    lines = whole.decode().split("\n")[:-1]
    if not lines or lines[0] != head:
        raise UserError(
            f"{partial} is the partial output of another model; delete it, or give another --out."
        )
    if len(whole) < len(content):
        os.truncate(partial, len(whole))
    rows = [json.loads(line) for line in lines[1:]]
    return {row["image"]: row for row in rows}
