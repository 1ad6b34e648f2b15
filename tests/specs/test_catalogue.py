"""The catalogue's records: complete, true to their sources, and given out safely."""

import csv
import json
import os
import re
from pathlib import Path

import pytest

import ic_tf_sdk
from ic_tf_sdk import specs
from ic_tf_sdk.errors import UnknownModelError, UnknownVersionError
from ic_tf_sdk.specs import catalogue

ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"
ALIAS_TARGET = "tensorflow-ic-resnet-50-classification-1"
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
REAL_SPEC = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"


@pytest.fixture(scope="module")
def rows(shared):
    with (shared / "reference" / "models.csv").open(newline="") as file:
        return {row["model_id"]: row for row in csv.DictReader(file)}


def test_every_documented_id_and_one_embedded_model_are_there(rows):
    embedded = [i for i in specs.model_ids() if i.startswith("tensorflow-ic-embedded-")]
    assert len(rows) == 136
    assert len(embedded) == 1
    assert sorted([*rows, *embedded]) == specs.model_ids()


def test_every_record_is_valid_and_has_a_reason_for_each_gap():
    for model_id in specs.model_ids():
        spec = specs.get(model_id)
        assert spec.model_id == model_id
        for name, reason in spec.provenance.items():
            assert name in spec._fields
            assert reason.startswith(("documented: ", "derived: ", "unknown: ")), (model_id, name)


TEXT = {
    "display_name": str,
    "classification_handle": str,
    "feature_vector_handle": str,
    "input_height": int,
    "input_width": int,
    "pixel_range": str,
    "num_classes": int,
    "label_set": str,
    "feature_vector_size": int,
    "parameters_millions": float,
    "pretraining_dataset": str,
    "license": str,
    "min_sdk_version": str,
}


def test_facts_equal_the_reference_table_and_its_gaps_have_reasons(rows):
    compared = 0
    for model_id, row in rows.items():
        if model_id == ALIAS:
            continue
        spec = specs.get(model_id)
        assert spec.version == row["latest_version"]
        assert spec.family == row["architecture_family"]
        for name, kind in TEXT.items():
            if row[name]:
                assert getattr(spec, name) == kind(row[name]), (model_id, name)
                compared += 1
            else:
                assert spec.provenance[name].startswith(("derived: ", "unknown: "))
    assert compared > 135 * 11


def test_an_accuracy_is_a_percentage_and_says_which_table_it_is_of():
    known = [spec for spec in map(specs.get, specs.model_ids()) if spec.imagenet_top1 is not None]
    assert len(known) == 112
    for spec in known:
        assert 40 < spec.imagenet_top1 < 90
        assert re.search(r"README|hub page|timm", spec.provenance["imagenet_top1"]), spec.model_id
    # The figures that reference/efficientnet-lite.md has, too.
    lite = "tensorflow-ic-efficientnet-lite{}-classification-2"
    assert [specs.get(lite.format(n)).imagenet_top1 for n in range(3)] == [75.1, 76.7, 77.6]


def test_the_milliseconds_are_those_of_the_measurement_and_of_no_other_model():
    record = Path(__file__).parents[2] / "benchmarks" / "results" / "select.json"
    measured = [float(row[1]) for row in json.loads(record.read_text(encoding="utf-8"))["rows"]]
    found = [specs.get(model_id).ms_per_image for model_id in specs.model_ids()]
    assert len(measured) == 5
    assert sorted(measured) == sorted(ms for ms in found if ms is not None)


def test_alias_answers_with_the_facts_of_the_model_it_means(rows):
    assert [name for name, value in rows[ALIAS].items() if value] == [
        "model_id",
        "display_name",
        "classification_handle",
        "architecture_family",
        "source_files",
        "notes",
    ]
    alias, target = specs.get(ALIAS), specs.get(ALIAS_TARGET)
    differing = {name for name in alias._fields if getattr(alias, name) != getattr(target, name)}
    assert differing == {"model_id", "alias_of", "deprecate_warn_message", "provenance"}
    assert alias.alias_of == ALIAS_TARGET
    assert "does not exist" in alias.provenance["alias_of"]


def test_index_names_the_file_that_holds_each_model():
    index = catalogue.read("index")
    folder = Path(ic_tf_sdk.__file__).parent / "specs" / "data" / "families"
    held = {
        model_id: path.stem
        for path in folder.glob("*.json")
        for model_id in json.loads(path.read_text())["models"]
    }
    assert index == held
    assert list(index) == sorted(index)


def test_versions_are_resolved_newest_first():
    assert specs.get(MOBILENET).version == "4.0.17"
    assert specs.get(MOBILENET, "4.0.2").version == "4.0.2"
    assert specs.get(REAL_SPEC, "4.0.6").version == "4.0.6"


@pytest.mark.parametrize("version", ["3.0.2", "4.1.*", "latest", "", None, 4, ["*"]])
def test_unknown_version_names_those_that_exist(version):
    with pytest.raises(UnknownVersionError, match=r"4\.0\.17, 4\.0\.2") as caught:
        specs.get(MOBILENET, version)
    assert isinstance(caught.value, KeyError)
    assert caught.value.versions == ["4.0.17", "4.0.2"]


@pytest.mark.parametrize("model_id", [MOBILENET.replace("v2", "v22"), MOBILENET.upper()])
def test_unknown_id_names_the_nearest(model_id):
    with pytest.raises(UnknownModelError, match="Did you mean") as caught:
        specs.get(model_id)
    assert isinstance(caught.value, KeyError)
    assert caught.value.suggestions[0] == MOBILENET


def test_part_of_an_id_names_those_that_hold_it():
    with pytest.raises(UnknownModelError) as caught:
        specs.get("EfficientNet-B7")
    assert caught.value.suggestions == ["tensorflow-ic-efficientnet-b7-classification-1"]


@pytest.mark.parametrize("model_id", [None, 3, ["a"], "", "\x00", {}])
def test_id_of_any_other_kind_is_unknown(model_id):
    with pytest.raises(UnknownModelError):
        specs.get(model_id)


def test_a_name_is_the_one_id_that_it_fits():
    assert catalogue.identify(MOBILENET) == MOBILENET
    assert catalogue.identify("mobilenet_v2_100_224") == MOBILENET
    assert catalogue.only_fit("mobilenet_v2_100_224") == MOBILENET
    assert catalogue.only_fit("mobilenet") is None
    assert catalogue.fitting("mobilenet_v2_100_224") == [MOBILENET]
    assert len(catalogue.fitting("mobilenet")) > 10
    # An id is no name to look for.
    assert catalogue.fitting(MOBILENET) == []


@pytest.mark.parametrize("name", ["mobilenet", "zzz", "", None, 3, [MOBILENET]])
def test_a_name_that_fits_none_or_several_is_unknown(name):
    with pytest.raises(UnknownModelError) as caught:
        catalogue.identify(name)
    assert caught.value.suggestions or name != "mobilenet"


def test_record_is_frozen_and_changing_a_copy_changes_no_other():
    spec = specs.get(MOBILENET)
    with pytest.raises(AttributeError):
        spec.input_height = 3
    with pytest.raises(TypeError):
        spec.hyperparameters["epochs"] = "99"
    raw = catalogue.record(MOBILENET).to_json()
    raw["versions"].clear()
    raw["hyperparameters"]["epochs"] = "99"
    assert specs.get(MOBILENET).hyperparameters["epochs"] == "3"
    assert specs.get(MOBILENET).versions == ("4.0.17", "4.0.2")


def test_embedded_record_agrees_with_its_archive():
    import tarfile

    [model_id] = [i for i in specs.model_ids() if i.startswith("tensorflow-ic-embedded-")]
    spec = specs.get(model_id)
    path = Path(ic_tf_sdk.__file__).parent / "embedded" / spec.embedded_archive
    if not path.is_file():
        pytest.skip(f"{os.fspath(path)} is not trained yet")
    with tarfile.open(path) as tar:
        info = json.load(tar.extractfile("model_info.json"))
    assert info["model_id"] == model_id
    assert (spec.input_height, spec.input_width) == (info["input_height"], info["input_width"])
    assert spec.pixel_range == info["pixel_range"]
    assert spec.feature_vector_size == info["feature_vector_size"]
    assert spec.version == info["model_version"]


def test_the_card_says_for_each_source_how_much_of_the_network_trains():
    def trains(model_id):
        return {label: value for label, value, _ in specs.describe(model_id).facts()}["Trains"]

    lite = "tensorflow-ic-efficientnet-lite{}-classification-2"
    assert trains(MOBILENET) == "whole network"
    assert trains(lite.format(4)) == "classification layer only (TF Hub's TF1 module)"
    assert trains(lite.format(0)).startswith("whole network (the extra imagenet), classification")
    assert specs.get(lite.format(0)).module_format == "tf1_hub"
