"""An exported SavedModel, loaded: what the local predictor and the local endpoint answer with."""

import math
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ic_tf_sdk import extras
from ic_tf_sdk.contract import container_answer, model_archive, model_labels
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference import foreign, graph_callable
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.fingerprint import fingerprint

__all__ = ["THREADPOOL_VARIABLE", "ServedModel"]

THREADPOOL_VARIABLE = "TF_OVERRIDE_GLOBAL_THREADPOOL"
"""With "1" in it TensorFlow lets each session have threads of its own."""

_Found = TypeVar("_Found")


class ServedModel(AnsweringModel):
    """The SavedModel of a model archive and its labels.

    Args:
        model: ``model.tar.gz``, or the folder that it was unpacked into; every layout that
            ``model_archive.opened`` takes.
        whole: Whether to load more than answers need: signatures, and what gradients go through.
            A model whose answers take variables is loaded whole all the same.

    Raises:
        ArchiveError: It is damaged, or holds no SavedModel that this package exported.
        MissingExtraError: TensorFlow is not installed.

    Attributes:
        labels: Class names by class index.
        units: How many probabilities it gives: one for each label, or the second label's alone.
        answer_pixels: The network: float32 [batch, height, width, 3] -> its answers by name.
        height: Height of the pixel signature's input, in pixels.
        width: Width of the pixel signature's input, in pixels.

    Example:
        >>> from ic_tf_sdk import embedded
        >>> model = ServedModel(embedded.archive_path(embedded.MODEL_IDS[0], "inference"))
        >>> model.height, model.width
        (96, 96)
    """

    def __init__(self, model: str | Path, *, whole: bool = True) -> None:
        _tensorflow()
        from ic_tf_sdk.training.graph import answer_functions, saved_model

        name = Path(model)
        self._place = name.absolute()
        with model_archive.opened(model) as opened, scratch_folder("adopted") as scratch:
            with saved_model.refusing(name):
                folder = foreign.adopted(opened, scratch)
            self._loaded: Any = None if whole else answer_functions.loaded(folder, name)
            self._is_whole = self._loaded is None
            if self._loaded is None:
                self._loaded = saved_model.load(folder, name)
            _check_exported(self._loaded, name)
            with saved_model.refusing(name):
                asset = Path(self._loaded.label_list.asset_path.numpy().decode())
            self.labels = model_labels.read_list(asset, name)
            model_labels.check_same(opened.labels, self.labels, asset.name, name)
            # Not of what a foreign one was wrapped into, whose graph file differs each time.
            self._fingerprint = fingerprint(opened.saved_model, self.labels)
            self._info = opened.info
            self._loaded_whole: ServedModel | None = None
            # Several requests may ask for it at once; a second copy would stay beside the first.
            self._loading = threading.Lock()
        with saved_model.refusing(name):
            self._signatures = self._loaded.signatures
            _, self.height, self.width, _ = self._pixels_shape()
            self._load_image = _concrete(self._loaded.load_image)
            self.answer_pixels = self._pixel_answers()
            self.units = int(self.answer_pixels.structured_outputs["probabilities"].shape[-1])
            saved_model.check_outputs(self.units, self.labels, name)
            self._try(name)

    def whole(self) -> "ServedModel":
        """The same model with all that it has; read anew where it is not loaded whole.

        Raises:
            ArchiveError: Another model, or none, is where it was loaded from.
        """
        if self._is_whole:
            return self
        with self._loading:
            if self._loaded_whole is None:
                loaded = ServedModel(self._place)
                if loaded.fingerprint != self.fingerprint:
                    raise ArchiveError(
                        f"{self._place} is not the model any more that answers: it was replaced. "
                        "Load it, or start the endpoint, anew."
                    )
                self._loaded_whole = loaded
        return self._loaded_whole

    def _pixels_shape(self) -> list[int]:
        if not self._is_whole:
            return list(self._loaded.answer_pixels.inputs[0].shape)
        signature = self._signatures["serving_pixels"]
        return list(signature.structured_input_signature[1]["pixels"].shape)

    @property
    def info(self) -> ModelInfo | None:
        """What the archive says of itself; None where it says nothing."""
        return self._info

    @property
    def fingerprint(self) -> str:
        """Tells two models apart: their graphs, labels and variables' checksums."""
        return self._fingerprint

    def _try(self, name: Path) -> None:
        """Refuse a model that loads and cannot answer: each path is asked about a grey picture."""
        tf = _tensorflow()
        from ic_tf_sdk.training.graph import saved_model

        picture = tf.io.encode_png(tf.fill([8, 8, 3], tf.constant(127, tf.uint8)))
        answers = [self.probabilities(self._load_image(picture)[None])]
        if self._is_whole:
            encoded = self._signatures["serving_default"](image_bytes=picture[None])
            answers.append(encoded["probabilities"].numpy())
        for answer in answers:
            if answer.ndim != 2 or len(answer) != 1:
                raise ArchiveError(f"{name} answers one image by {answer.shape} values.")
            saved_model.check_outputs(answer.shape[1], self.labels, name)
            if not all(map(math.isfinite, answer[0].tolist())):
                raise ArchiveError(
                    f"{name} answers a grey picture by values that are no numbers: its weights are "
                    "damaged, or its training diverged. Train it again, or take another copy."
                )

    def _pixel_answers(self) -> Any:
        """The second half of every signature, a concrete function with a dictionary of outputs."""
        # An archive of before there was calibration has the probabilities alone.
        if hasattr(self._loaded, "answer_pixels"):
            return _concrete(self._loaded.answer_pixels)
        return self.pixel_function().get_concrete_function()

    def has(self, form: Form) -> bool:
        """Whether the model can give a form of answer."""
        return set(form.signatures) <= set(self._signatures)

    def predict(self, images: Sequence[bytes], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        """Classify, through a signature where it is whole; see ``AnsweringModel``."""
        tf = _tensorflow_here()
        self.require(form)
        if not self._is_whole:
            return self.classify([self.load_image(image) for image in images], form)
        try:
            outputs = self._signatures[form.signature](image_bytes=tf.constant(list(images)))
        except tf.errors.OpError as error:
            raise container_answer.undecodable(error.message, images[0]) from error
        scores = outputs["unknown_score"].numpy() if form.unknown else None
        return self._rows(outputs["probabilities"].numpy(), scores)

    def load_image(self, image: bytes) -> Any:
        """Decode and resize one image: float32 tensor [height, width, 3] in 0 to 255.

        Raises:
            RequestError: It does not decode.
        """
        tf = _tensorflow_here()
        try:
            return self._load_image(tf.constant(image))
        except tf.errors.OpError as error:
            raise container_answer.undecodable(error.message, image) from error

    def classify(self, pixels: Sequence[Any], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        """Classify images from ``load_image`` in one call of the network.

        Args:
            pixels: float32 [height, width, 3] in 0 to 255 each.
            form: What the answers shall hold.

        Returns:
            As ``predict``.
        """
        self.require(form)
        outputs = self.answer_pixels(_tensorflow_here().stack(list(pixels)))
        arrays = {name: value.numpy() for name, value in outputs.items()}
        return self.answers(arrays, [form] * len(pixels))

    def probabilities(self, pixels: Any) -> Any:
        """The pixel signature.

        Args:
            pixels: float32 [batch, height, width, 3] in 0 to 255.

        Returns:
            float32 array [batch, units].
        """
        if not self._is_whole:
            return self.answer_pixels(_tensorflow().constant(pixels))["probabilities"].numpy()
        return self._signatures["serving_pixels"](pixels=pixels)["probabilities"].numpy()

    def pixel_function(self) -> Any:
        """The pixel signature as a ``tf.function`` with a dictionary of outputs: for converters."""
        tf = _tensorflow()
        spec = tf.TensorSpec([None, self.height, self.width, 3], tf.float32, "pixels")
        signature = self._signatures["serving_pixels"]
        return tf.function(
            lambda pixels: {"probabilities": signature(pixels=pixels)["probabilities"]},
            input_signature=[spec],
        )

    def every_answer(self) -> Any:
        """``answer_pixels`` as a ``tf.function`` of one signature: for converters."""
        tf = _tensorflow()
        spec = tf.TensorSpec([None, self.height, self.width, 3], tf.float32, "pixels")
        return tf.function(
            lambda pixels: dict(self.answer_pixels(pixels=pixels)), input_signature=[spec]
        )

    def folded(self) -> Callable[[Any], dict[str, Any]]:
        """The network's half of the signatures, variables and batch norms folded, on one thread.

        The sums are rounded elsewhere, which moves probabilities by some 1e-6. Operations are not
        split over threads: for one image of a MobileNet that costs more processor time than it
        saves, and several callers use the cores as well. ``THREADPOOL_VARIABLE`` must be set
        before TensorFlow is imported, or they are split all the same.

        Returns:
            A function of float32 [batch, height, width, 3] that returns what ``answers`` takes;
            several threads may call it at once.
        """
        return graph_callable.folded(self.answer_pixels)

    def folded_of_image(self) -> Callable[[bytes], dict[str, Any]]:
        """``load_image`` and ``folded`` as one graph, on the thread that calls.

        Returns:
            A function of an encoded image that returns what ``answers`` takes for one; it raises
            as ``load_image`` does.
        """
        run = graph_callable.folded_of_image(self._load_image, self.answer_pixels)
        return _refusing(run)

    def background_loader(self, threads: int) -> Callable[[bytes], Any]:
        """``load_image`` on threads of its own, which take over the calling thread's priority.

        Args:
            threads: How many images are decoded at a time, however many threads call.

        Returns:
            A function as ``load_image``, of the same pixels, that returns an array.
        """
        return _refusing(graph_callable.on_threads(self._load_image, threads))


def _refusing(run: Callable[[bytes], _Found]) -> Callable[[bytes], _Found]:
    """A graph of an encoded image that says in our words why it does not decode."""
    errors = _tensorflow().errors

    def asked(image: bytes) -> _Found:
        try:
            return run(image)
        except errors.OpError as error:
            raise container_answer.undecodable(error.message, image) from error

    return asked


def _concrete(function: Any) -> Any:
    """A function of one signature, traced; what was loaded without the rest is so already."""
    traced = getattr(function, "get_concrete_function", None)
    return function if traced is None else traced()


def _check_exported(loaded: Any, name: Path) -> None:
    """Refuse a SavedModel that has no labels or not the signatures of this package."""
    lacks = [part for part in ("label_list", "load_image") if not hasattr(loaded, part)]
    lacks += {"serving_default", "serving_pixels"} - set(getattr(loaded, "signatures", {}))
    if lacks:
        raise ArchiveError(
            f"The SavedModel in {name} was not exported by this package: it has no "
            f"{', no '.join(sorted(lacks))}. Fine-tune with `ic-tf fit`, or wrap a TF Hub "
            "classifier with `ic-tf mirror --scope inference --from`."
        )


def _tensorflow() -> Any:
    return extras.load("tensorflow")


def _tensorflow_here() -> Any:
    """TensorFlow, after a check that it works in this process."""
    from ic_tf_sdk.training.graph import one_process

    one_process.check()
    return _tensorflow()
