"""A model that is there already, asked about labelled images by the path that fits it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.contract import container_answer, model_archive, phases
from ic_tf_sdk.launch.local.labelled_images import LabelledImages

if TYPE_CHECKING:
    from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["AskedModel"]


class AskedModel:
    """A model with classes.

    What this package or AWS's algorithm trained is opened as a training opens it, and gives what
    its own report would say. A published classifier, which no training made, is asked as an
    endpoint asks it.

    Args:
        path: Any path that ``model_archive.opened`` takes.

    Raises:
        ArchiveError: It cannot be used, or has no classes.

    Attributes:
        labels: Class names by class index, in Unicode's composed form.
        model_id: The id, and the version, that the model says of itself.
    """

    def __init__(self, path: Path) -> None:
        preview = model_archive.preview(path)
        self._finished: Any = None
        self._served: Any = None
        trained = preview.is_foreign or (preview.info is not None and preview.info.fine_tuning)
        if trained:
            from ic_tf_sdk.launch.local.finished_model import FinishedModel

            self._finished = FinishedModel(path)
            self.labels: tuple[str, ...] = self._finished.labels
        else:
            from ic_tf_sdk.inference.served_model import ServedModel

            with phases.phase("opening"):
                self._served = ServedModel(path)
            self.labels = tuple(map(_class_name, self._served.labels))
        info = preview.info
        self.model_id = path.name if info is None else f"{info.model_id} {info.model_version}"

    @property
    def preprocessing(self) -> Any:
        """The path from a file's bytes to what the network takes; for small pictures."""
        if self._finished is not None:
            return self._finished.preprocessing
        from ic_tf_sdk.training.graph.preprocessing import Preprocessing

        return Preprocessing(self._served.height, self._served.width, "bilinear", "0..1")

    def evaluate(
        self, images: LabelledImages, *, cached: bool = True
    ) -> "tuple[Evaluation, LabelledImages]":
        """The answers on some images.

        Args:
            images: All of them decode.
            cached: Whether to use the features that trainings on this machine share.

        Returns:
            The answers, and the images less those that an endpoint would not answer.
        """
        if self._finished is None:
            return self._asked(images)
        from ic_tf_sdk.backbones import feature_cache

        store = feature_cache.store(used=cached)
        return self._finished.evaluate(images.folder, store=store), images

    def _asked(self, images: LabelledImages) -> "tuple[Evaluation, LabelledImages]":
        import numpy as np

        from ic_tf_sdk.inference import batch
        from ic_tf_sdk.inference.image_source import SourceImage
        from ic_tf_sdk.specs.hyperparameters import Hyperparameters
        from ic_tf_sdk.training.results import evaluation

        sources = [SourceImage(path, Path(path).read_bytes) for path in images.folder.paths()]
        rows = []
        with phases.phase("evaluation", total=len(sources)) as advance:
            for row in batch.predict(self._served, sources):
                rows.append(row)
                advance(1)
        left = images.less({at: row["error"] for at, row in enumerate(rows) if "error" in row})
        left.require_some()
        labels = list(self._served.labels)
        shares = [
            container_answer.of_every_label(row["probabilities"], labels)
            for row in rows
            if "error" not in row
        ]
        # Of a softmax its logarithms are logits as good as those that it was made of.
        smallest = np.finfo(np.float32).tiny
        logits = np.log(np.maximum(np.asarray(shares, np.float32), smallest))
        found = evaluation.of_logits(logits, left.folder, Hyperparameters(), channel="test")
        return found, left


def _class_name(label: str) -> str:
    from ic_tf_sdk.contract.image_names import class_name

    return class_name(label)
