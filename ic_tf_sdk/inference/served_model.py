"""An exported SavedModel, loaded: what the local predictor and the local endpoint answer with."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import archive, archive_kind, container_handler
from ic_tf_sdk.errors import ArchiveError, MissingExtraError
from ic_tf_sdk.inference import foreign

__all__ = ["THREADPOOL_VARIABLE", "ServedModel", "saved_model_folder"]

THREADPOOL_VARIABLE = "TF_OVERRIDE_GLOBAL_THREADPOOL"
"""With "1" in it TensorFlow lets each session have threads of its own."""


class ServedModel:
    """The SavedModel of a model archive and its labels.

    Args:
        model: ``model.tar.gz``, or the folder it was unpacked into.

    Raises:
        ArchiveError: It holds no SavedModel that this package exported.
        MissingExtraError: TensorFlow is not installed.

    Attributes:
        labels: Class names by class index.
        height: Of the pixel signature's input.
        width: Of the pixel signature's input.
        fingerprint: Tells two models apart: their graphs, labels and variables' checksums.
    """

    def __init__(self, model: str | Path) -> None:
        tf = _tensorflow()
        with saved_model_folder(model) as folder:
            self._loaded = tf.saved_model.load(str(folder))
            if not hasattr(self._loaded, "label_list"):
                raise ArchiveError(
                    f"The SavedModel in {model} was not exported by this package: it holds no "
                    "labels. Fine-tune with `ic-tf fit`, or wrap a TF Hub classifier with "
                    "ic_tf_sdk.inference.pretrained.wrap."
                )
            asset = Path(self._loaded.label_list.asset_path.numpy().decode())
            self.fingerprint = _fingerprint(folder)
            self.labels: tuple[str, ...] = tuple(json.loads(asset.read_text(encoding="utf-8")))
        self._signatures = self._loaded.signatures
        pixels = self._signatures["serving_pixels"].structured_input_signature[1]["pixels"]
        self.height, self.width = int(pixels.shape[1]), int(pixels.shape[2])
        self._load_image = self._loaded.load_image.get_concrete_function()

    def predict(self, images: Sequence[bytes]) -> list[dict[str, Any]]:
        """Classify encoded images through ``serving_default``, as TensorFlow Serving does.

        Args:
            images: JPEG or PNG each; one that does not decode fails all of them.

        Returns:
            For each, what ``container_handler.response_body`` takes.

        Raises:
            RequestError: An image does not decode.
        """
        tf = _tensorflow()
        try:
            found = self._signatures["serving_default"](image_bytes=tf.constant(list(images)))
        except tf.errors.OpError as error:
            raise container_handler.undecodable(error.message, images[0]) from error
        return self.answers(found["probabilities"].numpy())

    def load_image(self, image: bytes) -> Any:
        """Decode and resize one image: float32 tensor [height, width, 3] in 0 to 255.

        Raises:
            RequestError: It does not decode.
        """
        tf = _tensorflow()
        try:
            return self._load_image(tf.constant(image))
        except tf.errors.OpError as error:
            raise container_handler.undecodable(error.message, image) from error

    def classify(self, pixels: Sequence[Any]) -> list[dict[str, Any]]:
        """Classify images from ``load_image`` in one call of ``serving_pixels``.

        Returns:
            As ``predict``.
        """
        return self.answers(self.probabilities(_tensorflow().stack(list(pixels))))

    def probabilities(self, pixels: Any) -> Any:
        """The pixel signature.

        Args:
            pixels: float32 [batch, height, width, 3] in 0 to 255.

        Returns:
            float32 array [batch, units].
        """
        return self._signatures["serving_pixels"](pixels=pixels)["probabilities"].numpy()

    def answers(self, probabilities: Any) -> list[dict[str, Any]]:
        """What ``container_handler.response_body`` takes, for each row of probabilities.

        Args:
            probabilities: float32 array [batch, units].
        """
        labels = list(self.labels)
        return [
            {
                "probabilities": row,
                "labels": labels,
                "predicted_label": labels[_best(row)],
            }
            for row in probabilities.tolist()
        ]

    def pixel_function(self) -> Any:
        """The pixel signature as a ``tf.function`` with a dictionary of outputs: for converters."""
        tf = _tensorflow()
        spec = tf.TensorSpec([None, self.height, self.width, 3], tf.float32, "pixels")
        signature = self._signatures["serving_pixels"]
        return tf.function(
            lambda pixels: {"probabilities": signature(pixels=pixels)["probabilities"]},
            input_signature=[spec],
        )

    def folded(self) -> Callable[[Any], Any]:
        """The pixel signature with variables and batch norms folded, on the caller's thread.

        The sums are rounded elsewhere, which moves probabilities by some 1e-6. Operations are not
        split over threads: for one image of a MobileNet that costs more processor time than it
        saves, and several callers use the cores as well. ``THREADPOOL_VARIABLE`` must be set
        before TensorFlow is imported, or they are split all the same.

        Returns:
            A function of float32 [batch, height, width, 3] that returns a float32 array
            [batch, units]; several threads may call it at once.
        """
        from ic_tf_sdk.training.graph.constant_graph import constant_graph

        tf = _tensorflow()
        constant = constant_graph(self.pixel_function().get_concrete_function())
        graph = tf.Graph()
        with graph.as_default():
            tf.import_graph_def(constant.graph.as_graph_def(), name="")
        # -1: operations, too, run in the thread that calls.
        config = tf.compat.v1.ConfigProto(
            inter_op_parallelism_threads=-1,
            intra_op_parallelism_threads=1,
            use_per_session_threads=True,
        )
        session = tf.compat.v1.Session(graph=graph, config=config)
        (pixels,), (probabilities,) = constant.inputs, constant.outputs
        run = session.make_callable(probabilities.name, feed_list=[pixels.name])
        return lambda images: run(_array(images))


def _fingerprint(folder: Path) -> str:
    # The index holds a checksum of each variable.
    digest = hashlib.sha256((folder / "saved_model.pb").read_bytes())
    digest.update((folder / "variables" / "variables.index").read_bytes())
    return digest.hexdigest()


def _array(values: Any) -> Any:
    import numpy as np

    return np.asarray(values)


def _best(row: list[float]) -> int:
    if len(row) == 1:
        return int(row[0] > 0.5)
    return max(range(len(row)), key=row.__getitem__)


@contextmanager
def saved_model_folder(model: str | Path) -> Iterator[Path]:
    """The folder of the newest SavedModel in an archive or folder; unpacked only for the while.

    Args:
        model: ``model.tar.gz``, or the folder it was unpacked into. A fine-tuned classifier of
            another program is wrapped, see ``foreign.adopted``.

    Raises:
        ArchiveError: There is none, or none that can be served.
    """
    path = Path(model)
    if not path.exists():
        raise ArchiveError(f"The model {path} does not exist; give a model.tar.gz or its folder.")
    with tempfile.TemporaryDirectory(prefix="ic-tf-model-") as temporary:
        folder = path
        if path.is_file():
            archive_kind.refuse_other_files(path)
            folder = Path(temporary) / "model"
            archive.extract(path, folder)
        yield foreign.adopted(_newest(folder, path), folder, Path(temporary), name=path)


def _newest(folder: Path, named: Path) -> Path:
    if (folder / "saved_model.pb").is_file():
        return folder
    versions = [path.parent for path in folder.glob("*/saved_model.pb")]
    numbered = [path for path in versions if path.name.isdecimal()]
    if not any(folder.rglob("saved_model.pb")):
        raise archive_kind.no_saved_model(folder, named)
    if not numbered:
        raise ArchiveError(
            f"{named} holds no SavedModel: there is no 1/saved_model.pb, as in the model.tar.gz of "
            "a training job."
        )
    return max(numbered, key=lambda path: int(path.name))


def _tensorflow() -> Any:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise MissingExtraError("TensorFlow", "train") from error
    return tf
