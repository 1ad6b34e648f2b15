"""An export whose answers take constants answers by its two functions alone, as all of it does."""

import gc
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.eager import context

from ic_tf_sdk import embedded
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form, RequestError
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference import explanation, grey_pictures, runtime
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.training.graph import answer_functions


def test_answers_are_those_of_the_whole_model(fine_tuned: Path, photos: list[Path]) -> None:
    whole, alone = ServedModel(fine_tuned), ServedModel(fine_tuned, whole=False)
    assert (alone.labels, alone.units) == (whole.labels, whole.units)
    assert (alone.height, alone.width) == (whole.height, whole.width)
    assert alone.fingerprint == whole.fingerprint
    for form in (PROBABILITIES, Form(calibrated=True), Form(unknown=True)):
        assert alone.has(form) == whole.has(form)
    for picture in [photo.read_bytes() for photo in photos]:
        [found], [expected] = alone.predict([picture]), whole.predict([picture])
        assert found["predicted_label"] == expected["predicted_label"]
        assert found["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)
        np.testing.assert_array_equal(alone.load_image(picture), whole.load_image(picture))


def test_what_does_not_decode_is_refused_in_the_same_words(fine_tuned: Path) -> None:
    whole, alone = ServedModel(fine_tuned), ServedModel(fine_tuned, whole=False)
    for image in (b"GIF89a", b"\xff\xd8\xff\xe0 no JPEG"):
        with pytest.raises(RequestError) as found:
            alone.predict([image])
        with pytest.raises(RequestError) as expected:
            whole.predict([image])
        assert str(found.value) == str(expected.value)


def test_predict_and_the_endpoint_load_no_more(
    fine_tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tf.saved_model, "load", lambda *_, **__: pytest.fail("all was loaded"))
    model = runtime.opened(fine_tuned, "tensorflow")
    picture, _ = grey_pictures.encoded()
    assert model.predict([picture])[0]["predicted_label"] in model.labels
    assert model.answers(model.folded_of_image()(picture), [PROBABILITIES])


def test_models_of_one_process_keep_their_own_functions(
    fine_tuned: Path, photos: list[Path], tmp_path: Path
) -> None:
    """TensorFlow knows functions by their names, which two exports may share."""
    other = tmp_path / "1"
    shutil.copytree(fine_tuned / "1", other)
    change(other, _negate_weights)
    models = [answer_functions.loaded(folder, folder) for folder in (fine_tuned / "1", other)]
    answers = []
    for model in (*models, models[0]):
        assert model is not None
        pixels = model.load_image(tf.constant(photos[0].read_bytes()))
        answers.append(model.answer_pixels(pixels[None])["probabilities"].numpy())
    np.testing.assert_array_equal(answers[0], answers[2])
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


def test_a_model_that_nobody_has_any_more_leaves_no_function_behind(
    fine_tuned: Path, photos: list[Path]
) -> None:
    def known() -> set[str]:
        gc.collect()
        return {name for name in context.context().list_function_names() if "_of_" in str(name)}

    before = known()
    first, second = (ServedModel(fine_tuned, whole=False) for _ in range(2))
    expected = second.predict([photos[0].read_bytes()])
    assert known() - before
    del first
    # What goes takes nothing of another model with it.
    assert second.predict([photos[0].read_bytes()]) == expected
    del second
    assert known() <= before


def change(folder: Path, how: Any) -> None:
    """Change what a SavedModel's graph says."""
    path = folder / "saved_model.pb"
    graph = SavedModel.FromString(path.read_bytes())
    how(graph.meta_graphs[0])
    path.write_bytes(graph.SerializeToString())


def _negate_weights(meta: Any) -> None:
    for function in meta.graph_def.library.function:
        for node in function.node_def:
            tensor = node.attr["value"].tensor if node.op == "Const" else None
            if (
                tensor is not None
                and tensor.dtype == tf.float32
                and len(tensor.tensor_content) > 100
            ):
                values = tf.make_ndarray(tensor)
                tensor.CopyFrom(tf.make_tensor_proto(-values))


def _take_a_variable(meta: Any) -> None:
    nodes = meta.object_graph_def.nodes
    [answer] = [one for one in nodes[0].children if one.local_name == "answer_pixels"]
    [name] = nodes[answer.node_id].function.concrete_functions
    meta.object_graph_def.concrete_functions[name].bound_inputs.append(1)


def _lose_the_labels(meta: Any) -> None:
    children = meta.object_graph_def.nodes[0].children
    kept = [one for one in children if one.local_name != "label_list"]
    del children[:]
    children.extend(kept)


def _have_no_objects(meta: Any) -> None:
    del meta.object_graph_def.nodes[:]


@pytest.mark.parametrize("how", [_take_a_variable, _lose_the_labels, _have_no_objects])
def test_another_saved_model_is_left_to_who_loads_all_of_it(
    fine_tuned: Path, tmp_path: Path, how: Any
) -> None:
    shutil.copytree(fine_tuned / "1", tmp_path / "1")
    change(tmp_path / "1", how)
    assert answer_functions.loaded(tmp_path / "1", tmp_path) is None


def test_the_archive_for_training_is_none() -> None:
    with model_archive.opened(embedded.archive_path(embedded.MODEL_IDS[0])) as opened:
        assert answer_functions.loaded(opened.saved_model, opened.name) is None


def test_where_the_model_looks_is_asked_of_the_whole_model(
    fine_tuned: Path, tmp_path: Path
) -> None:
    place = tmp_path / "model"
    shutil.copytree(fine_tuned, place)
    model = ServedModel(place, whole=False)
    picture, _ = grey_pictures.encoded()
    assert explanation.explain(model, picture).label in model.labels
    shutil.rmtree(place)
    # It is in memory by now.
    assert explanation.explain(model, picture).heat.shape == (model.height, model.width)
    whole = ServedModel(fine_tuned)
    assert whole.whole() is whole


def test_another_model_in_its_place_is_not_asked_where_it_looks(
    fine_tuned: Path, tmp_path: Path
) -> None:
    place = tmp_path / "model"
    shutil.copytree(fine_tuned, place)
    model = ServedModel(place, whole=False)
    (place / "model_info.json").unlink()
    change(place / "1", lambda meta: setattr(meta.meta_info_def, "stripped_default_attrs", False))
    with pytest.raises(ArchiveError, match="was replaced"):
        model.whole()


def test_requests_that_ask_where_it_looks_at_once_load_the_rest_once(fine_tuned: Path) -> None:
    model = ServedModel(fine_tuned, whole=False)
    together = threading.Barrier(4)

    def asked(_: int) -> ServedModel:
        together.wait()
        return model.whole()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(asked, range(4)))
    assert all(one is found[0] is not model for one in found)
