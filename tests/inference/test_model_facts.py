"""``/model`` says what an archive records of its model, and nothing that it does not."""

import json
import shutil
from pathlib import Path

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.contract import model_info
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
