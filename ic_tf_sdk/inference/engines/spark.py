"""Images of a Spark DataFrame, classified on Spark's workers."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk import extras
from ic_tf_sdk.inference import batch, prediction_table
from ic_tf_sdk.inference.engines.worker import Settings, Worker
from ic_tf_sdk.inference.runtime import Runtime

if TYPE_CHECKING:
    from pyspark.sql import Column

__all__ = ["spark_classifier"]


def spark_classifier(
    model: str | Path,
    *,
    batch_size: int = batch.BATCH_SIZE,
    threads: int = 1,
    gpu: bool = False,
    calibrated: bool = False,
    unknown: bool = False,
    runtime: Runtime = "auto",
) -> "Callable[[Column | str], Column]":
    """A function of a DataFrame's column: images to what a model says of them.

    It stands on ``pyspark.ml.functions.predict_batch_udf``: a Python worker of Spark loads the
    model with its first image and keeps it, as long as ``spark.python.worker.reuse`` is not turned
    off. Each worker machine needs this package with the extra ``train``, or for an ONNX file
    ``predict``.

    Args:
        model: ``model.tar.gz``, its folder, or the ``model.onnx`` of ``ic-tf export``, at this path
            of every machine that has workers; or the URI ``s3://bucket/key`` of one of the two
            files, which each machine fetches once.
        batch_size: Images in one call of the model. A worker holds so many, decoded, in memory.
        threads: Threads that a worker computes with; ``spark.task.cpus`` should be as many.
        gpu: Whether TensorFlow may use a GPU, of whose memory it takes what it needs.
        calibrated: Probabilities that say how often such an answer is right.
        unknown: Whether an image is perhaps of no class, too.
        runtime: ``tensorflow`` or ``onnx``; ``auto`` takes ONNX Runtime for an ONNX file and where
            a worker has no TensorFlow.

    Returns:
        A function of a column, or its name. It holds the bytes of image files (binary), or their
        paths or S3 URIs (string), which the workers read. Its result is a column of structs, with
        the columns that ``ic-tf predict`` writes into Parquet: ``predicted_label``,
        ``probability``, ``error`` and ``probabilities`` (by class index, the order of
        ``LocalPredictor(model).labels``); with ``unknown`` also ``unknown`` and ``unknown_score``.
        An image that cannot be read or decoded has its reason in ``error`` and null elsewhere. A
        task fails, for Spark to try it again, where S3 refuses.

    Raises:
        UserError: An argument cannot be so.
        MissingExtraError: pyspark, pandas or pyarrow is not installed.

    Example:
        >>> from ic_tf_sdk import embedded, inference
        >>> model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
        >>> classify = inference.spark_classifier(model)
        >>> photos = spark.read.format("binaryFile").load("photos/*.jpg")
        >>> answers = photos.select(photos.path.alias("image"), classify("content").alias("answer"))
        >>> answers.select("image", "answer.*").columns
        ['image', 'predicted_label', 'probability', 'error', 'probabilities']
    """
    extras.require("pyspark", "pandas", "pyarrow")
    form = batch.VERBOSE._replace(calibrated=calibrated, unknown=unknown)
    settings = Settings(str(model), form, batch_size, threads, gpu, runtime).checked()
    udf = extras.load("pyspark.ml.functions").predict_batch_udf(
        partial(_prediction, settings),
        return_type=_computed_type(unknown=unknown),
        batch_size=batch_size,
    )
    return lambda images: _answer(udf(images), unknown=unknown)


def _computed_type(*, unknown: bool) -> Any:
    """What a worker computes. Spark's function has neither nulls in arrays' place nor booleans."""
    types = extras.load("pyspark.sql.types")
    computed = (
        types.StructType()
        .add("predicted_label", types.StringType())
        .add("probability", types.FloatType())
        .add("error", types.StringType())
        .add("probabilities", types.ArrayType(types.FloatType()))
    )
    if unknown:
        computed.add("unknown", types.ByteType()).add("unknown_score", types.FloatType())
    return computed


def _answer(computed: Any, *, unknown: bool) -> "Column":
    """The columns of a table: null where there is an error."""
    functions = extras.load("pyspark.sql.functions")

    def unless_error(name: str, kind: str | None = None) -> Any:
        value = computed[name].cast(kind) if kind else computed[name]
        return functions.when(computed["error"].isNull(), value).alias(name)

    fields = [
        unless_error("predicted_label"),
        unless_error("probability"),
        computed["error"].alias("error"),
        unless_error("probabilities"),
    ]
    if unknown:
        fields += [unless_error("unknown", "boolean"), unless_error("unknown_score")]
    column: Column = functions.struct(*fields)
    return column


def _prediction(settings: Settings) -> Callable[[Any], dict[str, Any]]:
    """Load the model; called once in each worker process.

    Returns:
        A function of an array of images that returns an array of each field of ``_computed_type``.
    """
    pandas = extras.load("pandas")
    worker = Worker(settings)

    def predict(images: Any) -> dict[str, Any]:
        given = [None if pandas.isna(image) else image for image in images]
        records = map(prediction_table.record, worker.rows(given))
        return _arrays(list(records), worker.units, unknown=settings.form.unknown)

    return predict


def _arrays(records: list[dict[str, Any]], units: int, *, unknown: bool) -> dict[str, Any]:
    numpy = extras.load("numpy")
    nothing = [0.0] * units
    arrays = {
        "predicted_label": [record.get("predicted_label") for record in records],
        "error": [record.get("error") for record in records],
    }
    computed = {name: numpy.array(values, object) for name, values in arrays.items()}
    for name in ("probability", *(("unknown_score",) if unknown else ())):
        values = [record.get(name) or 0.0 for record in records]
        computed[name] = numpy.array(values, numpy.float32)
    if unknown:
        flags = [bool(record.get("unknown")) for record in records]
        computed["unknown"] = numpy.array(flags, numpy.int8)
    rows = [record.get("probabilities", nothing) for record in records]
    computed["probabilities"] = numpy.array(rows, numpy.float32)
    return computed
