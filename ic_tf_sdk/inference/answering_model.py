"""What a loaded model is to those who ask it, whatever computes its answers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form

if TYPE_CHECKING:
    from ic_tf_sdk.contract.model_info import ModelInfo

__all__ = ["AnsweringModel"]


class AnsweringModel(ABC):
    """A classifier of images, loaded.

    Attributes:
        labels: Class names by class index.
        units: How many probabilities it gives: one for each label, or the second label's alone.
        height: Height of the network's input, in pixels.
        width: Width of the network's input, in pixels.
    """

    labels: tuple[str, ...]
    units: int
    height: int
    width: int

    @property
    @abstractmethod
    def info(self) -> "ModelInfo | None":
        """What the archive says of itself; None where it says nothing."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Tells two models apart."""

    @abstractmethod
    def has(self, form: Form) -> bool:
        """Whether the model can give a form of answer."""

    @abstractmethod
    def load_image(self, image: bytes) -> Any:
        """Decode and resize one image: float32 [height, width, 3] in 0 to 255.

        Raises:
            RequestError: It does not decode.
        """

    @abstractmethod
    def predict(self, images: Sequence[bytes], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        """Classify encoded images.

        Args:
            images: JPEG or PNG each; one that does not decode fails all of them.
            form: What the answers shall hold.

        Returns:
            For each, what ``container_answer.response_body`` takes.

        Raises:
            RequestError: An image does not decode, or the model has no such answers.
            UserError: This process was forked off the one that loaded the model.
        """

    @abstractmethod
    def classify(self, pixels: Sequence[Any], form: Form = PROBABILITIES) -> list[dict[str, Any]]:
        """Classify images from ``load_image`` in one call of the network.

        Args:
            pixels: float32 [height, width, 3] in 0 to 255 each.
            form: What the answers shall hold.

        Returns:
            As ``predict``.
        """

    @abstractmethod
    def folded(self) -> Callable[[Any], dict[str, Any]]:
        """The network on the thread that calls; several may call at once.

        Returns:
            A function of float32 [batch, height, width, 3] that returns what ``answers`` takes.
        """

    @abstractmethod
    def folded_of_image(self) -> Callable[[bytes], dict[str, Any]]:
        """``load_image`` and ``folded``, on the thread that calls.

        Returns:
            A function of an encoded image that returns what ``answers`` takes for one; it raises
            as ``load_image`` does.
        """

    @abstractmethod
    def background_loader(self, threads: int) -> Callable[[bytes], Any]:
        """``load_image`` on threads of its own, which take over the calling thread's priority.

        Args:
            threads: How many images are decoded at a time, however many threads call.

        Returns:
            A function as ``load_image``, of the same pixels, that returns an array.
        """

    def require(self, form: Form) -> None:
        """Refuse a form of answer that the model cannot give.

        Args:
            form: What an answer shall hold.

        Raises:
            RequestError: 406.
        """
        if not self.has(form):
            raise container_answer.lacking(form)

    def answers(self, outputs: Mapping[str, Any], forms: Sequence[Form]) -> list[dict[str, Any]]:
        """What ``container_answer.response_body`` takes, for each image of a batch.

        Args:
            outputs: ``probabilities`` float32 [batch, units] and what else the network's second
                half gives, as from ``folded``.
            forms: What each answer shall hold; ``require`` has let them pass.
        """
        names = ["calibrated_probabilities" if one.calibrated else "probabilities" for one in forms]
        probabilities = [outputs[name][row] for row, name in enumerate(names)]
        return self._rows(probabilities, outputs.get("unknown_score"))

    def _rows(self, probabilities: Any, scores: Any = None) -> list[dict[str, Any]]:
        import numpy as np

        labels = list(self.labels)
        rows: list[dict[str, Any]] = [
            {
                "probabilities": row,
                "labels": labels,
                "predicted_label": labels[container_answer.predicted_index(row)],
            }
            for row in np.asarray(probabilities).tolist()
        ]
        for row, score in zip(rows, () if scores is None else scores.tolist(), strict=False):
            row["unknown_score"] = score
        return rows
