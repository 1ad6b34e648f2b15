"""One output for two labels means the same in the graph, the handler, the tables and the report."""

import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.inference import prediction_table
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.serving_model import ServingModel
from ic_tf_sdk.training.results.evaluation import Evaluation

LABELS = ("no", "yes")
HALF = np.float32(0.5)
PROBABILITIES = [
    0.0,
    0.1,
    float(np.nextafter(HALF, np.float32(0))),
    0.5,
    float(np.nextafter(HALF, np.float32(1))),
    0.9,
    1.0,
]


@pytest.fixture(scope="module")
def graph() -> ServingModel:
    """A serving model whose one logit is nought; its probabilities are given to it."""
    return ServingModel(
        lambda images: tf.zeros([tf.shape(images)[0], 1]),
        Preprocessing(8, 8, "bilinear", "0..1"),
        LABELS,
        activation="sigmoid",
        parts={},
    )


@pytest.mark.parametrize("positive", PROBABILITIES)
def test_all_name_the_same_label(graph: ServingModel, positive: float) -> None:
    index = container_answer.predicted_index([positive])
    assert index == int(positive > 0.5)

    named = graph._named(tf.constant([[positive]]))
    assert named["predicted_label"].numpy()[0].decode() == LABELS[index]
    assert named["top_labels"].numpy()[0, 0].decode() == LABELS[index]

    both = np.array([container_answer.both_labels(np.float32(positive))], np.float32)
    folder = ImageFolder(Path(), LABELS, ("no/1.jpg",), (0,), {})
    assert Evaluation("test", folder, both, {}).predicted().tolist() == [index]

    every = container_answer.of_every_label([positive], list(LABELS))
    assert container_answer.predicted_index(every) == index
    row = {"probabilities": [positive], "labels": list(LABELS)}
    assert prediction_table.best(row) == max(every) == every[index]
    assert math.isclose(sum(every), 1, abs_tol=1e-6)


def test_a_tie_is_the_first_labels(graph: ServingModel) -> None:
    pixels = tf.zeros([1, 8, 8, 3])
    outputs = graph.serve_pixels(pixels)["probabilities"]
    assert outputs.numpy().tolist() == [[0.5]]
    assert graph._named(outputs)["predicted_label"].numpy()[0] == b"no"
    assert container_answer.predicted_index([0.5]) == 0
    assert container_answer.predicted_index([0.2, 0.4, 0.4]) == 1


def test_digits_are_the_shortest_of_their_float32() -> None:
    positive = float(np.float32(0.7))
    assert container_answer.of_every_label([positive], list(LABELS)) == [0.3, 0.7]
