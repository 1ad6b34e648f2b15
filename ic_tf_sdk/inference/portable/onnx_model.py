"""An ONNX file of `ic-tf export`, loaded: what answers where TensorFlow is not installed."""

import hashlib
import math
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk import extras
from ic_tf_sdk.contract import container_answer, regular_file
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form
from ic_tf_sdk.contract.usable_cores import usable_cores
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.onnx_record import OnnxRecord
from ic_tf_sdk.inference.portable import resize
from ic_tf_sdk.inference.portable.decode import decode
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError

if TYPE_CHECKING:
    from ic_tf_sdk.contract.model_info import ModelInfo

__all__ = ["MOST_BYTES", "OnnxModel"]

MOST_BYTES = 2 << 30
"""So large an ONNX file with its weights in it can be, by the rules of its format."""

_ERRORS_ALONE = 3
# What a form of answer takes of the network.
_OUTPUTS = {
    container_answer.PLAIN: "probabilities",
    container_answer.CALIBRATED: "calibrated_probabilities",
    container_answer.UNKNOWN: "unknown_score",
}


class OnnxModel(AnsweringModel):
    """An ONNX file of `ic-tf export`, and what makes pixels of images without TensorFlow.

    Args:
        path: The file.
        threads: Threads that compute an answer; None takes one a core.

    Raises:
        ArchiveError: It is damaged, or is no file of `ic-tf export`.
        MissingExtraError: The extra ``predict`` is not installed.

    Attributes:
        labels: Class names by class index.
        units: How many probabilities it gives: one for each label, or the second label's alone.
        height: Height of the network's input, in pixels.
        width: Width of the network's input, in pixels.
        source: Which archive it was made of, see ``onnx_record.digest``.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        name = Path(path)
        try:
            self._content = regular_file.read(name, most=MOST_BYTES)
        except OSError as error:
            raise ArchiveError(f"{name} cannot be read: {error.strerror or error}.") from error
        self._process = os.getpid()
        self._session = _session(self._content, threads or usable_cores(), name)
        record = OnnxRecord.of(self._session.get_modelmeta().custom_metadata_map, name)
        self.labels, self.source = record.labels, record.source
        self._info, self._way = record.info, record.interpolation
        self._names = [output.name for output in self._session.get_outputs()]
        self._read_shapes(name)
        self._try(name)

    def _read_shapes(self, name: Path) -> None:
        [pixels, *others] = self._session.get_inputs()
        units = {one.name: one.shape for one in self._session.get_outputs()}.get("probabilities")
        size = pixels.shape[1:3]
        is_ours = len(pixels.shape) == 4 and all(isinstance(side, int) for side in size)
        if others or pixels.name != "pixels" or not is_ours or units is None:
            raise ArchiveError(
                f"{name} does not take pixels of one size and give probabilities, as what "
                "`ic-tf export MODEL --out model.onnx` writes does. Write it anew."
            )
        if self._way not in resize.WAYS:
            raise ArchiveError(
                f"{name} wants pictures resized by {self._way!r}, which is not known here."
            )
        self.height, self.width = size
        self.units = units[-1]
        if self.units != len(self.labels) and (self.units, len(self.labels)) != (1, 2):
            raise ArchiveError(
                f"{name} has {len(self.labels)} labels, and gives {self.units} outputs: one output "
                "for each label is needed. Take the file as it was written."
            )

    def _try(self, name: Path) -> None:
        """Refuse a model whose answer to a grey picture is none."""
        import numpy as np

        grey = np.full((1, self.height, self.width, 3), 127, np.float32)
        answer = self._run(self._session, grey)["probabilities"]
        if not all(map(math.isfinite, answer[0].tolist())):
            raise ArchiveError(
                f"{name} answers a grey picture by values that are no numbers: its weights are "
                "damaged, or its training diverged. Train it again, or take another copy."
            )

    @cached_property
    def info(self) -> "ModelInfo | None":
        """What the archive says of itself; None where it says nothing."""
        # Not before: pydantic takes a while to import.
        from ic_tf_sdk.contract import model_info

        if not self._info:
            return None
        return model_info.parse(self._info.encode(), Path("model.onnx"))

    @cached_property
    def fingerprint(self) -> str:
        """Tells two models apart: the file's digest."""
        return f"onnx-{hashlib.sha256(self._content).hexdigest()}"

    def has(self, form: Form) -> bool:
        """Whether the model can give a form of answer."""
        return {_OUTPUTS[name] for name in form.signatures} <= set(self._names)

    def load_image(self, image: bytes) -> Any:
        """Decode and resize one image: float32 array [height, width, 3] in 0 to 255.

        Raises:
            RequestError: It does not decode.
        """
        try:
            picture = decode(image)
        except UndecodableError as error:
            raise container_answer.undecodable(str(error), image) from error
        return resize.resize(picture, self.height, self.width, self._way)

    def predict(self, images: Sequence[bytes], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        """Classify encoded images, as ``AnsweringModel`` says."""
        return self.classify([self.load_image(image) for image in images], form)

    def classify(self, pixels: Sequence[Any], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        """Classify images from ``load_image``, as ``AnsweringModel`` says."""
        import numpy as np

        self.require(form)
        if os.getpid() != self._process:
            raise UserError(
                "This process was forked off one that had loaded the model, whose threads it does "
                "not have: load the model in it, or start processes by 'spawn'."
            )
        outputs = self._run(self._session, np.stack(list(pixels)))
        return self.answers(outputs, [form] * len(pixels))

    def folded(self) -> Callable[[Any], dict[str, Any]]:
        """The network on the thread that calls; several may call at once.

        Returns:
            A function of float32 [batch, height, width, 3] that returns what ``answers`` takes.
        """
        return partial(self._run, self._of_one_thread)

    def folded_of_image(self) -> Callable[[bytes], dict[str, Any]]:
        """``load_image`` and ``folded``, on the thread that calls.

        Returns:
            A function of an encoded image that returns what ``answers`` takes for one.
        """
        run = self.folded()
        return lambda image: run(self.load_image(image)[None])

    @cached_property
    def _of_one_thread(self) -> Any:
        return _session(self._content, 1, Path("model.onnx"))

    def background_loader(self, threads: int) -> Callable[[bytes], Any]:
        """``load_image`` on threads of its own, which take over the calling thread's priority.

        Args:
            threads: How many images are decoded at a time, however many threads call.

        Returns:
            A function as ``load_image``.
        """
        pool = ThreadPoolExecutor(threads, "decode", initializer=_like_this_thread())
        return lambda image: pool.submit(self.load_image, image).result()

    def _run(self, session: Any, pixels: Any) -> dict[str, Any]:
        return dict(zip(self._names, session.run(self._names, {"pixels": pixels}), strict=True))


def _session(content: bytes, threads: int, name: Path) -> Any:
    runtime = extras.load("onnxruntime")
    runtime.set_default_logger_severity(_ERRORS_ALONE)
    options = runtime.SessionOptions()
    # By itself it takes what the machine has, not what this process may use of it.
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Threads that wait for the next call by spinning take the cores from those that decode.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # Its own kinds have no common parent.
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
        raise ArchiveError(
            f"{name} cannot be loaded by ONNX Runtime: {reason or type(error).__name__}. It is "
            "damaged or is no ONNX file; take it as `ic-tf export` wrote it."
        ) from error


def _like_this_thread() -> Callable[[], None]:
    """What gives a new thread the priority of the one that calls this."""
    if sys.platform != "linux":
        return lambda: None
    priority = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    return lambda: os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), priority)
