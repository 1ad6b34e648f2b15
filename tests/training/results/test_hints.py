"""The last lines of a log say what would help, and only where it would."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.hints import hints


def folder(**counts: int) -> ImageFolder:
    labels = tuple(counts)
    files = [f"{label}/{number}.jpg" for label in labels for number in range(counts[label])]
    classes = [labels.index(name.split("/")[0]) for name in files]
    return ImageFolder(Path("images"), labels, tuple(files), tuple(classes), {})


MANY = folder(ant=60, bee=40)


def epochs_of(*losses: float, accuracies: Any = None) -> list[dict[str, float]]:
    values = accuracies or [0.5 + 0.2 * place for place in range(len(losses))]
    pairs = zip(losses, values, strict=True)
    return [{"loss": 9.0, "val_loss": loss, "val_accuracy": value} for loss, value in pairs]


def hinted(course: list[dict[str, float]], training: ImageFolder = MANY, **given: Any) -> list[str]:
    return hints(course, parse({"epochs": len(course), **given}), training, MANY)


def test_a_loss_that_was_still_falling_asks_for_more_epochs() -> None:
    falling = epochs_of(0.6, 0.5)
    [sentence] = hinted(falling)
    assert sentence == (
        "the validation loss was still falling in the last epoch, 0.6 to 0.5: more epochs than 2 "
        "help."
    )
    [frozen] = hinted(falling, train_only_on_top=True)
    assert "or head_solver 'converged'" in frozen
    # Level, risen, ended early, solved, one alone, or no number.
    assert not hinted(epochs_of(0.6, 0.599))
    assert not hinted(epochs_of(0.5, 0.6))
    assert not hinted(falling, epochs=9)
    assert not hinted(falling, train_only_on_top=True, head_solver="converged")
    assert not hinted(falling[:1])
    assert not hinted(epochs_of(0.6, math.nan))


def test_without_validation_images_the_training_loss_counts() -> None:
    [sentence] = hints([{"loss": 0.6}, {"loss": 0.5}], parse({"epochs": 2}), MANY, None)
    assert sentence.startswith("the loss was still falling")


def test_a_class_of_few_images_is_named_with_what_helps() -> None:
    level = epochs_of(0.5, 0.5)
    [sentence] = hinted(level, folder(ant=10, bee=9, cow=3))
    assert sentence == (
        "fewer than ten training images of a class: cow (3), bee (9). More images help most; "
        "class_weight 'balanced' makes up for their number; augmentation 'True' varies them."
    )
    [rest] = hinted(level, folder(a=5), class_weight="balanced", augmentation=True)
    assert rest.endswith("a (5). More images help most.")
    [many] = hinted(level, folder(**{f"c{number}": 2 for number in range(8)}))
    assert "c4 (2) and 3 more." in many


@pytest.mark.parametrize(("second", "told"), [(0.88, True), (0.86, False)])
def test_epochs_that_the_validation_images_cannot_tell_apart_are_named(
    second: float, told: bool
) -> None:
    """Of 100 images that 0.9 are right of: a standard error of 0.03."""
    found = hinted(epochs_of(0.5, 0.5, 0.5, accuracies=[0.5, 0.9, second]))
    assert bool(found) is told
    if told:
        assert found[0].startswith(
            "100 validation images cannot tell epochs 2 and 3 apart: their accuracies differ by "
            "0.020, and the standard error is 0.030."
        )


def test_a_job_ends_its_log_with_its_hints(train: Any, caplog: Any) -> None:
    from ic_tf_sdk.contract.metric_lines import without_metrics

    with caplog.at_level("INFO", logger="ic_tf_sdk"):
        train(train_only_on_top="True", epochs=2, validation_split_ratio=0.5)
    last = caplog.messages[-1]
    assert last.startswith("Hint: ")
    assert any("fewer than ten training images of a class: dots (8)" in m for m in caplog.messages)
    # None of them is read as a metric.
    for message in caplog.messages:
        if message.startswith("Hint: "):
            assert without_metrics(message) == message


def answered(moved: int, images: int = 100) -> Evaluation:
    """Sure answers on images, of which so many lie in the other class's folder."""
    truth = np.arange(images) % 2
    given = truth.copy()
    given[:moved] = 1 - given[:moved]
    files = tuple(f"{number}.jpg" for number in range(images))
    asked = ImageFolder(Path("images"), ("ant", "bee"), files, tuple(given.tolist()), {})
    probabilities = np.where(np.eye(2, dtype=bool)[truth], 0.9, 0.1).astype(np.float32)
    return Evaluation("validation", asked, probabilities, {})


def test_many_sure_answers_of_another_class_name_the_command_that_lists_them() -> None:
    def hinted_of(evaluation: Evaluation) -> list[str]:
        return hints(epochs_of(0.5, 0.5), parse({"epochs": 2}), MANY, MANY, evaluation)

    [sentence] = hinted_of(answered(8))
    assert sentence.startswith("8 of 100 validation images are answered as another class as surely")
    assert "`ic-tf check-data DIR --labels`" in sentence
    assert not hinted_of(answered(4))
    # Five of many are no more than chance.
    assert not hinted_of(answered(6, images=400))
