"""``/model`` says what an archive records of its model, and nothing that it does not."""

import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.container_answer import Form
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.inference.endpoint.model_facts import model_facts
from ic_tf_sdk.inference.served_model import ServedModel

UNRECORDED = {"finished": None, "evaluation": None}


@pytest.fixture
def older(fine_tuned: Path, tmp_path: Path) -> Path:
    """The fine-tuned model as a version wrote it that recorded less."""
    folder = shutil.copytree(fine_tuned, tmp_path / "older")
    path = folder / model_info.FILE_NAME
    fields = json.loads(path.read_text())
    for name in UNRECORDED:
        del fields["fine_tuning"][name]
    path.write_text(json.dumps(fields))
    return folder


def test_a_job_records_when_it_ended_and_how_often_its_model_is_right(fine_tuned: Path) -> None:
    found = model_facts(ServedModel(fine_tuned))
    assert json.loads(json.dumps(found)) == found
    report = json.loads((fine_tuned.parent / "output" / "evaluation.json").read_text())
    images = sum(one["images"] for one in report["classes"])
    assert found["evaluation"] == {
        "channel": "validation",
        "images": images,
        "accuracy": pytest.approx(report["metrics"]["accuracy"], abs=1e-6),
    }
    info = model_info.read(fine_tuned)
    assert info is not None
    assert info.fine_tuning is not None
    assert info.fine_tuning.finished is not None
    assert found["finished"] == info.fine_tuning.finished.isoformat().replace("+00:00", "Z")
    rest = {name: value for name, value in found.items() if name not in UNRECORDED}
    assert rest == {
        "model_id": "tiny",
        "model_version": "1.0.0",
        "kind": "fine_tuned",
        "labels": ["dots", "plain", "stripes"],
        "height": 32,
        "width": 32,
        "calibrated": True,
        "unknown": True,
    }


def test_of_an_archive_that_records_less_less_is_said(older: Path) -> None:
    found = model_facts(ServedModel(older))
    assert found["model_id"] == "tiny"
    assert {name: found[name] for name in UNRECORDED} == UNRECORDED


def test_of_a_model_without_a_description_there_are_its_labels(
    fine_tuned: Path, tmp_path: Path
) -> None:
    shutil.copytree(fine_tuned / "1", tmp_path / "alone")
    found = model_facts(ServedModel(tmp_path / "alone"))
    assert found["labels"] == ["dots", "plain", "stripes"]
    names = ("model_id", "model_version", "kind", *UNRECORDED)
    assert {found[name] for name in names} == {None}


def test_a_published_classifier_was_not_trained_here() -> None:
    found = model_facts(ServedModel(embedded.archive_path(embedded.MODEL_IDS[0], "inference")))
    assert found["kind"] == "pretrained"
    assert found["model_id"] == embedded.MODEL_IDS[0]
    assert (found["finished"], found["evaluation"], found["unknown"]) == (None, None, False)


def described(**fine_tuning: Any) -> dict[str, Any]:
    """What is said of a model with this description; nothing here asks its graph."""
    tuned = FineTuning(
        labels=("ant", "bee"), binary_mode=False, interpolation="bilinear", hyperparameters={},
        package_version="1", **fine_tuning,
    )  # fmt: skip
    info = ModelInfo(
        kind="fine_tuned", model_id="tiny", model_version="1.0.0", input_height=8, input_width=9,
        pixel_range="0..1", fine_tuning=tuned,
    )  # fmt: skip
    has = lambda form: form == Form(calibrated=True)  # noqa: E731
    model = SimpleNamespace(info=info, labels=tuned.labels, height=8, width=9, has=has)
    return model_facts(cast("ServedModel", model))


def test_times_are_those_of_utc_and_forms_are_asked_for_one_by_one() -> None:
    east = timezone(timedelta(hours=5))
    found = described(
        finished=datetime(2026, 1, 2, 3, 4, 5, tzinfo=east),
        evaluation={"channel": "test", "images": 9, "accuracy": 0.5},
    )
    assert found == {
        "model_id": "tiny", "model_version": "1.0.0", "kind": "fine_tuned",
        "labels": ["ant", "bee"], "height": 8, "width": 9, "finished": "2026-01-01T22:04:05Z",
        "evaluation": {"channel": "test", "images": 9, "accuracy": 0.5},
        "calibrated": True, "unknown": False,
    }  # fmt: skip
    assert {described()[name] for name in UNRECORDED} == {None}
    bare = SimpleNamespace(info=None, labels=("x",), height=1, width=1, has=lambda _: False)
    nothing = model_facts(cast("ServedModel", bare))
    names = ("model_id", "model_version", "kind", *UNRECORDED)
    assert {nothing[name] for name in names} == {None}
    assert nothing["labels"] == ["x"]


@pytest.mark.parametrize("form", ["calibrated", "unknown"])
def test_each_kind_of_answer_is_asked_for_by_itself(form: str) -> None:
    model: Any = SimpleNamespace(
        info=None, labels=("a",), height=1, width=2, has=lambda asked: getattr(asked, form)
    )
    found = model_facts(model)
    assert {name: found[name] for name in ("calibrated", "unknown")} == {
        name: name == form for name in ("calibrated", "unknown")
    }
