"""What an ONNX file must be, and what it answers; of one that needs no TensorFlow to be written."""

import math
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from ic_tf_sdk.contract.container_answer import Form, RequestError
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference.onnx_record import OnnxRecord
from ic_tf_sdk.inference.portable import onnx_model
from ic_tf_sdk.inference.portable.onnx_model import OnnxModel
from tests.inference.plain_model import picture

RECORD = OnnxRecord(("red", "green", "blue"), "nearest", "its archive", "")
SIZE = (4, 5)


def write(
    path: Path,
    record: OnnxRecord = RECORD,
    *,
    outputs: tuple[str, ...] = ("probabilities", "calibrated_probabilities", "unknown_score"),
    shape: tuple[Any, ...] = (None, *SIZE, 3),
    name: str = "pixels",
    units: int = 3,
    factor: float = 1.0,
    more: bool = False,
) -> Path:
    """A network that answers how much of each colour there is."""
    axes = list(range(1, len(shape) - 1))
    nodes = [
        helper.make_node("ReduceMean", [name], ["mean"], axes=axes, keepdims=0),
        helper.make_node("Mul", ["mean", "factor"], ["scaled"]),
        helper.make_node("Softmax", ["scaled"], ["every"], axis=1),
        helper.make_node("Slice", ["every", "start", "end", "axis"], ["probabilities"]),
        helper.make_node("Mul", ["probabilities", "half"], ["calibrated_probabilities"]),
        helper.make_node("ReduceMax", ["scaled"], ["unknown_score"], axes=[1], keepdims=0),
    ]
    known = [
        helper.make_tensor("factor", TensorProto.FLOAT, [], [factor]),
        helper.make_tensor("half", TensorProto.FLOAT, [], [0.5]),
        *(
            helper.make_tensor(key, TensorProto.INT64, [1], [value])
            for key, value in (("start", 0), ("end", units), ("axis", 1))
        ),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
    if more:
        inputs.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1]))
    rows = {"unknown_score": [None]}
    given = [
        helper.make_tensor_value_info(one, TensorProto.FLOAT, rows.get(one, [None, units]))
        for one in outputs
    ]
    graph = helper.make_graph(nodes, "colours", inputs, given, known)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, record.properties())
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def model(tmp_path: Path) -> OnnxModel:
    return OnnxModel(write(tmp_path / "m.onnx"))


def test_it_knows_its_classes_its_size_and_its_archive(model: OnnxModel, tmp_path: Path) -> None:
    assert (model.labels, model.units) == (RECORD.labels, 3)
    assert (model.height, model.width, model.source) == (*SIZE, "its archive")
    assert model.info is None
    assert model.fingerprint.startswith("onnx-")
    other = OnnxModel(write(tmp_path / "other.onnx", factor=2.0))
    assert other.fingerprint != model.fingerprint
    text = '{"format": 1, "model_id": "m", "model_version": "1"}'
    with pytest.raises(ArchiveError, match=r"model\.onnx"):
        _ = OnnxModel(write(tmp_path / "i.onnx", RECORD._replace(info=text))).info


def test_pictures_are_answered_one_after_the_other_and_together(model: OnnxModel) -> None:
    pixels = np.zeros((2, *SIZE, 3), np.float32)
    pixels[0, ..., 1] = pixels[1, ..., 2] = 9.0
    certain = math.exp(9) / (math.exp(9) + 2)
    first, second = model.classify(list(pixels), Form(unknown=True))
    assert [one["predicted_label"] for one in (first, second)] == ["green", "blue"]
    assert first["probabilities"][1] == pytest.approx(certain, abs=1e-5)
    assert first["unknown_score"] == 9
    [half] = model.classify([pixels[1]], Form(calibrated=True))
    assert half["probabilities"][2] == pytest.approx(certain / 2, abs=1e-5)
    together = model.folded()(pixels)
    assert together["probabilities"].shape == (2, 3)
    grey = picture(200)
    assert model.load_image(grey).shape == (*SIZE, 3)
    [row] = model.predict([grey])
    assert row["probabilities"] == pytest.approx([1 / 3] * 3)
    assert (model.background_loader(2)(grey) == model.load_image(grey)).all()
    with pytest.raises(RequestError, match="cannot be decoded: not a JPEG or PNG image"):
        model.predict([b"GIF89a"])


def test_it_has_the_forms_that_it_has_outputs_for(tmp_path: Path) -> None:
    plain = OnnxModel(write(tmp_path / "p.onnx", outputs=("probabilities",)))
    assert plain.has(Form())
    assert not plain.has(Form(unknown=True))
    with pytest.raises(RequestError, match="no answers for unknown=true"):
        plain.classify([np.zeros((*SIZE, 3), np.float32)], Form(unknown=True))
    every = OnnxModel(write(tmp_path / "e.onnx"))
    assert every.has(Form(calibrated=True, unknown=True))


@pytest.mark.parametrize(
    "given",
    [
        {"outputs": ("calibrated_probabilities",)},
        {"name": "images"},
        {"more": True},
        {"shape": (None, None, 5, 3)},
        {"shape": (None, 4, None, 3)},
        {"shape": (None, 4, 5, 2, 3)},
        {"shape": (None, 4, 3)},
    ],
)
def test_what_takes_no_pixels_of_one_size_is_refused(given: Any, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="does not take pixels of one size and give prob"):
        OnnxModel(write(tmp_path / "m.onnx", **given))


def test_an_output_belongs_to_each_label_or_to_the_second_of_two(tmp_path: Path) -> None:
    two = RECORD._replace(labels=("no", "yes"))
    for record, units, is_right in (
        (RECORD, 2, False),
        (RECORD, 1, False),
        (two, 3, False),
        (two, 2, True),
        (two, 1, True),
        (RECORD._replace(labels=("one",)), 1, True),
    ):
        path = write(tmp_path / "m.onnx", record, units=units)
        if is_right:
            assert OnnxModel(path).units == units
            continue
        with pytest.raises(ArchiveError, match=f"labels, and gives {units} outputs"):
            OnnxModel(path)


def test_what_cannot_be_read_or_answers_no_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"none\.onnx cannot be read: No such file"):
        OnnxModel(tmp_path / "none.onnx")
    with pytest.raises(ArchiveError, match="resized by 'cubic', which is not known here"):
        OnnxModel(write(tmp_path / "w.onnx", RECORD._replace(interpolation="cubic")))
    with pytest.raises(ArchiveError, match="values that are no numbers"):
        OnnxModel(write(tmp_path / "n.onnx", factor=math.nan))
    (tmp_path / "x.onnx").write_bytes(b"no model")
    with pytest.raises(ArchiveError, match="cannot be loaded by ONNX Runtime: "):
        OnnxModel(tmp_path / "x.onnx")


@pytest.mark.parametrize(
    ("said", "told"),
    [("", "KeyError"), ("one\ntwo", "one"), ("x" * 300, "x" * 200)],
)
def test_of_what_the_runtime_says_the_beginning_is_told(
    said: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SaidError(KeyError):
        def __str__(self) -> str:
            return said

    SaidError.__name__ = "KeyError"

    def fail(*_: Any, **__: Any) -> None:
        raise SaidError

    runtime = onnx_model.extras.load("onnxruntime")
    monkeypatch.setattr(runtime, "InferenceSession", fail)
    with pytest.raises(ArchiveError, match=rf"by ONNX Runtime: {told}\. It is damaged"):
        OnnxModel(write(tmp_path / "m.onnx"))


def test_a_process_that_was_forked_off_is_told_to_load_it(
    model: OnnxModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = [np.zeros((*SIZE, 3), np.float32)]
    model.classify(pixels)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(UserError, match="was forked off one that had loaded the model"):
        model.classify(pixels)


def test_it_computes_with_the_threads_that_it_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    real = onnx_model._session
    monkeypatch.setattr(
        onnx_model, "_session", lambda *given: seen.append(given[1]) or real(*given)
    )
    path = write(tmp_path / "m.onnx")
    OnnxModel(path, 3).folded()
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(2 if process == 0 else 7))
    monkeypatch.setattr(sys, "platform", "linux")
    OnnxModel(path)
    monkeypatch.setattr(sys, "platform", "darwin")
    for count in (5, None):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        OnnxModel(path)
    assert seen == [3, 1, 2, 5, 1]


def test_its_session_runs_one_call_at_a_time_and_does_not_spin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = onnx_model.extras.load("onnxruntime")
    given: list[Any] = []
    monkeypatch.setattr(runtime, "set_default_logger_severity", given.append)
    monkeypatch.setattr(runtime, "InferenceSession", lambda _, options, **__: options)
    options: Any = onnx_model._session(b"", 4, tmp_path)
    assert given == [3]
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (4, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_the_largest_file_is_that_of_its_format() -> None:
    assert onnx_model.MOST_BYTES == 2_147_483_648


def test_a_new_thread_has_the_priority_of_the_one_that_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: 7)
    monkeypatch.setattr(os, "setpriority", lambda *given: asked.append(given))
    monkeypatch.setattr(sys, "platform", "linux")
    onnx_model._like_this_thread()()
    assert asked == [(os.PRIO_PROCESS, threading.get_native_id(), 7)]
    monkeypatch.setattr(sys, "platform", "darwin")
    onnx_model._like_this_thread()()
    assert len(asked) == 1
