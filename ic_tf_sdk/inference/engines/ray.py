"""Images of a Ray dataset, classified on Ray's workers."""

from pathlib import Path
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.inference import batch, prediction_table
from ic_tf_sdk.inference.engines.worker import Settings, Worker
from ic_tf_sdk.inference.runtime import Runtime

__all__ = ["RayClassifier"]


class RayClassifier:
    """A callable class for Ray Data's ``map_batches``: it loads the model once a worker.

    Each worker machine needs this package with the extra ``train``, or for an ONNX file
    ``predict``. Ray restarts a worker that died, and has its batches answered again.

    Args:
        model: ``model.tar.gz``, its folder, or the ``model.onnx`` of ``ic-tf export``, at this path
            of every machine that has workers; or the URI ``s3://bucket/key`` of one of the two
            files, which each machine fetches once.
        images: The column of images: the bytes of their files, as ``ray.data.read_binary_files``
            gives them, or their paths or S3 URIs, which the workers read.
        names: The column of the images' names, ``include_paths=True`` of that function; of images
            given by path the same column as ``images``.
        threads: Threads that a worker computes with; ``num_cpus`` of ``map_batches`` should be as
            many.
        gpu: Whether TensorFlow may use a GPU, of whose memory it takes what it needs; ``num_gpus``
            gives it one.
        calibrated: Probabilities that say how often such an answer is right.
        unknown: Whether an image is perhaps of no class, too.
        runtime: ``tensorflow`` or ``onnx``; ``auto`` takes ONNX Runtime for an ONNX file and where
            a worker has no TensorFlow.

    Raises:
        UserError: An argument cannot be so, or the model has no such answers.
        ArchiveError: The model is not there, or damaged.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: What shall answer, or pyarrow, is not installed.

    Example:
        >>> from pathlib import Path
        >>> import pyarrow
        >>> from ic_tf_sdk import embedded, inference, sample_data
        >>> _ = sample_data.draw(directory="drawn", images_per_class=1)
        >>> photos = sorted(Path("drawn").rglob("*.jpg"))
        >>> model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
        >>> classifier = inference.RayClassifier(model, images="path")
        >>> answers = classifier(pyarrow.table({"path": list(map(str, photos))}))
        >>> answers.column_names
        ['image', 'predicted_label', 'probability', 'error', 'probabilities']
    """

    def __init__(
        self,
        model: str | Path,
        *,
        images: str = "bytes",
        names: str = "path",
        threads: int = 1,
        gpu: bool = False,
        calibrated: bool = False,
        unknown: bool = False,
        runtime: Runtime = "auto",
    ) -> None:
        extras.require("pyarrow")
        form = batch.VERBOSE._replace(calibrated=calibrated, unknown=unknown)
        settings = Settings(str(model), form, threads=threads, gpu=gpu, runtime=runtime).checked()
        self._images, self._names, self._unknown = images, names, unknown
        self._worker = Worker(settings)

    def __call__(self, batch: Any) -> Any:
        """Classify a batch.

        Args:
            batch: In any ``batch_format``: a ``pyarrow.Table``, a DataFrame of pandas, or a
                dictionary of arrays.

        Returns:
            A ``pyarrow.Table`` with the columns that ``ic-tf predict`` writes into Parquet
            (``image``, ``predicted_label``, ``probability``, ``error``, ``probabilities``; with
            ``unknown`` also ``unknown`` and ``unknown_score``), then the batch's other columns; the
            images' bytes are left out. An image that cannot be read or decoded has its reason in
            ``error`` and null elsewhere.

        Raises:
            UserError: The batch has no such column, or holds what is no image.
            StorageError: S3 refuses, or is not there.
        """
        table = _table(batch)
        _require_columns(table, dict.fromkeys((self._images, self._names)))
        names = [name or "" for name in table.column(self._names).to_pylist()]
        rows = self._worker.rows(table.column(self._images).to_pylist(), names)
        answers = prediction_table.arrow_table(rows, self._worker.labels, unknown=self._unknown)
        for name in table.column_names:
            if name not in (self._images, self._names, *answers.column_names):
                answers = answers.append_column(table.field(name), table.column(name))
        return answers


def _table(batch: Any) -> Any:
    arrow = extras.load("pyarrow")
    if isinstance(batch, arrow.Table):
        return batch
    if hasattr(batch, "iloc"):
        return arrow.Table.from_pandas(batch, preserve_index=False)
    if wide := [name for name, values in batch.items() if getattr(values, "ndim", 1) != 1]:
        raise UserError(
            f"The columns {', '.join(wide)} hold arrays; give map_batches batch_format='pyarrow'."
        )
    return arrow.table({name: arrow.array(list(values)) for name, values in batch.items()})


def _require_columns(table: Any, names: dict[str, None]) -> None:
    there = table.column_names
    if missing := [name for name in names if name not in there]:
        close = did_you_mean(nearest(missing[0], there, 1))
        raise UserError(
            f"The batch has no column {' and none '.join(map(repr, missing))}; it has "
            f"{', '.join(map(repr, there))}.{close} Say which are which with images= and names= in "
            "fn_constructor_kwargs; ray.data.read_binary_files gives paths with include_paths=True."
        )
