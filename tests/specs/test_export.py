"""The exported catalogue: the public spec to the letter, everything or nothing."""

import json
from types import SimpleNamespace

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.errors import OutputExistsError, UserError
from ic_tf_sdk.specs import catalogue, export
from ic_tf_sdk.specs.export import export_catalogue, jumpstart_spec
from ic_tf_sdk.specs.source import named

REAL_SPEC = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"
EMBEDDED = "tensorflow-ic-embedded-formulanet-96"


@pytest.fixture
def few(monkeypatch):
    """A catalogue of two models, which is written in a moment."""
    found = SimpleNamespace(
        model_ids=lambda: [EMBEDDED, REAL_SPEC],
        record=catalogue.record,
        container_hyperparameters=catalogue.container_hyperparameters,
    )
    monkeypatch.setattr(export, "catalogue", found)


def test_public_spec_is_reproduced_but_for_what_was_decided(shared):
    theirs = json.loads((shared / "reference" / "spec_v4.0.6.json").read_text())
    ours = jumpstart_spec(catalogue.record(REAL_SPEC, "4.0.6"), named("jumpstart"))
    assert list(ours) == list(theirs)
    differing = {name for name in theirs if theirs[name] != ours[name]}
    # The lists are joined with the instance types of the AWS page.
    lists = {"supported_training_instance_types", "supported_inference_instance_types"}
    assert differing == {"hyperparameters", *lists}
    for name in lists:
        assert ours[name][: len(theirs[name])] == theirs[name]
    by_name = {entry["name"]: entry for entry in ours["hyperparameters"]}
    for entry in theirs["hyperparameters"]:
        name = entry["name"].replace("train_only_top_layer", "train_only_on_top")
        expected = entry | {"name": name}
        if name == "batch_size":
            expected["default"] = 16
        assert by_name[name] == expected


def test_a_spec_has_the_choices_of_a_hyperparameter_and_the_images_of_each_use():
    spec = jumpstart_spec(catalogue.record(REAL_SPEC), named("jumpstart"))
    by_name = {entry["name"]: entry for entry in spec["hyperparameters"]}
    choices = ["adam", "sgd", "nesterov", "rmsprop", "adagrad", "adadelta"]
    assert by_name["optimizer"]["options"] == choices
    assert "options" not in by_name["epochs"]
    for use, image in (("training", "training"), ("hosting", "inference")):
        variants = spec[f"{use}_instance_type_variants"]
        assert f"tensorflow-{image}:" in variants["regional_aliases"]["us-west-2"]["gpu_ecr_uri_2"]
        assert variants["variants"]["g5"]["regional_properties"]["image_uri"] == "$gpu_ecr_uri_2"


def test_a_model_without_content_is_passed_over_and_those_behind_it_are_written(few, tmp_path):
    folder = tmp_path / "some" / "new" / "catalogue"
    versions = catalogue.record(REAL_SPEC).versions
    assert export_catalogue(folder, source=named("jumpstart")) == len(versions)
    [first, *_] = json.loads((folder / "models_manifest.json").read_text())
    spec = folder / first["spec_key"]
    assert (first["model_id"], first["version"]) == (REAL_SPEC, versions[0])
    assert spec.read_text() == json.dumps(json.loads(spec.read_text()), indent=1) + "\n"
    named_ones = {entry["name"] for entry in json.loads(spec.read_text())["hyperparameters"]}
    assert "epochs" in named_ones
    assert "preset" not in named_ones


def test_the_source_in_force_is_written_and_each_header_names_an_sdk(few, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "mine")
    export_catalogue(tmp_path)
    [embedded, real, *_] = json.loads((tmp_path / "models_manifest.json").read_text())
    assert (embedded["model_id"], embedded["min_version"]) == (EMBEDDED, "0.0.0")
    assert real["min_version"] == catalogue.record(REAL_SPEC).min_sdk_version


def test_deprecated_and_vulnerable_models_keep_their_flags():
    record = catalogue.record(REAL_SPEC)._replace(
        deprecated=True,
        deprecated_message="gone",
        training_vulnerable=True,
        training_vulnerabilities=("CVE-1",),
    )
    spec = jumpstart_spec(record, named("jumpstart"))
    assert (spec["deprecated"], spec["deprecated_message"]) == (True, "gone")
    assert spec["training_vulnerabilities"] == ["CVE-1"]


def test_folder_with_content_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError):
        export_catalogue(tmp_path)
    with pytest.raises(OutputExistsError):
        export_catalogue(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_empty_folder_is_filled(few, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    assert export_catalogue(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_failure_leaves_nothing_behind(few, tmp_path, monkeypatch):
    monkeypatch.setattr("ic_tf_sdk.specs.export.PROPRIETARY_MANIFEST", "no/\0name")
    with pytest.raises(ValueError, match="null"):
        export_catalogue(tmp_path / "catalogue")
    assert list(tmp_path.iterdir()) == []


def test_unknown_source_names_the_two():
    with pytest.raises(UserError, match="'jumpstart' or 'published'"):
        named("s3")


def test_embedded_model_is_exported_with_the_published_content_only():
    [model_id] = [i for i in specs.model_ids() if "-embedded-" in i]
    spec = jumpstart_spec(catalogue.record(model_id), named("published"))
    assert spec["training_artifact_key"].endswith(f"train-{model_id}.tar.gz")


def test_every_version_of_every_model_is_written_with_its_manifest(tmp_path):
    for source, extra in (("jumpstart", 0), ("published", 1)):
        folder = tmp_path / source
        count = export_catalogue(folder, source=named(source))
        headers = json.loads((folder / "models_manifest.json").read_text())
        assert len(headers) == count == 136 * 2 + 1 + extra
        for header in headers:
            spec = json.loads((folder / header["spec_key"]).read_text())
            assert (spec["model_id"], spec["version"]) == (header["model_id"], header["version"])
        assert json.loads((folder / "proprietary-sdk-manifest.json").read_text())
