"""What an epoch costs beside its steps."""

from typing import Any

import pytest


@pytest.mark.parametrize("frozen", [True, False])
def test_an_epoch_makes_one_iterator_for_each_of_its_channels(
    frozen: bool, train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras would make two; each takes the graph up anew that makes the batches."""
    from tensorflow.python.data.ops.iterator_ops import OwnedIterator
    from tf_keras import Model

    begun: list[str] = []
    create, fit, evaluate = OwnedIterator._create_iterator, Model.fit, Model.evaluate

    def created(self: Any, dataset: Any) -> None:
        begun.append("iterator")
        create(self, dataset)

    def fitted(self: Any, *args: Any, **options: Any) -> Any:
        begun.append("fit")
        return fit(self, *args, **options)

    def evaluated(self: Any, *args: Any, **options: Any) -> Any:
        begun.append("evaluate")
        return evaluate(self, *args, **options)

    monkeypatch.setattr(OwnedIterator, "_create_iterator", created)
    monkeypatch.setattr(Model, "fit", fitted)
    monkeypatch.setattr(Model, "evaluate", evaluated)
    train(epochs=3, train_only_on_top=frozen, augmentation=True)
    epochs = "".join(word[0] for word in begun)
    assert epochs.startswith("fiei" * 3)
