"""``select``: what it says of backbones is true of images that they were not trained on."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ic_tf_sdk import launch
from ic_tf_sdk.cli.group import main
from ic_tf_sdk.errors import ArchiveError, DatasetError, UnknownModelError
from ic_tf_sdk.launch import selection as selection_module
from ic_tf_sdk.launch.candidate import Candidate, difference, macro_f1
from ic_tf_sdk.launch.local import model_source
from ic_tf_sdk.launch.local import select as select_module
from ic_tf_sdk.launch.selection import Selection

EMBEDDED = "tensorflow-ic-embedded-formulanet-96"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IC_TF_SDK_FEATURE_CACHE", str(cache))


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return []


@pytest.fixture(scope="module")
def found(
    cache: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace, lines: list[str]
) -> Selection:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IC_TF_SDK_FEATURE_CACHE", str(cache))
        models = [tiny_archive, EMBEDDED]
        return launch.select(tiny_dataset.training, models, on_line=lines.append)


def candidate(model: str, right: list[bool], milliseconds: float, size: int = 10) -> Candidate:
    share = sum(right) / len(right)
    return Candidate(model, share, 0.01, share, milliseconds, 10, size, 1.0, tuple(right), model)


def selection(*candidates: Candidate) -> Selection:
    return Selection(candidates, {}, "flowers", len(candidates[0].right), 3)


def test_every_backbone_has_its_figures(
    found: Selection, tiny_archive: Path, lines: list[str]
) -> None:
    by_name = {one.model: one for one in found.candidates}
    assert by_name.keys() == {str(tiny_archive), EMBEDDED}
    tiny = by_name[str(tiny_archive)]
    assert tiny.parameters == 5 * 5 * 3 * 6 + 3 * 6
    assert tiny.archive_bytes == tiny_archive.stat().st_size
    assert 0 < tiny.milliseconds < 1000
    assert tiny.training_seconds > 0
    assert len(tiny.right) == found.images == 48
    assert tiny.accuracy == sum(tiny.right) / 48 > 0.8
    assert found.classes == 3
    assert len(lines) == 2
    accuracies = [one.accuracy for one in found.candidates]
    assert accuracies == sorted(accuracies, reverse=True)


def test_a_second_run_passes_nothing_and_says_the_same(
    found: Selection,
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ic_tf_sdk.training.feed import frozen_pass
    from ic_tf_sdk.training.network import backbone

    monkeypatch.setattr(frozen_pass, "FoldedBackbone", lambda _: pytest.fail("a backbone was run"))
    monkeypatch.setattr(backbone, "open_source", lambda *_: pytest.fail("a model was loaded"))
    again = launch.select(tiny_dataset.training, [EMBEDDED, tiny_archive])
    assert again == found


def test_the_time_of_a_pass_is_not_that_of_the_first_few_images(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    from ic_tf_sdk.launch.local.backbone_trial import try_backbone
    from ic_tf_sdk.training.data import image_folder
    from ic_tf_sdk.training.feed.feature_store import FeatureStore

    every = image_folder.describe(tiny_dataset.training)
    few = replace(every, files=every.files[:2], classes=every.classes[:2])
    source = model_source.locate(str(tiny_archive))
    store = FeatureStore(tmp_path)
    first = try_backbone(source, few, store)
    # Most of what two images took was the making of the graph.
    assert first.pass_seconds == pytest.approx(2 * first.milliseconds / 1000)
    whole = try_backbone(source, every, store)
    assert whole.passed == 46
    assert whole.pass_seconds > 46 * whole.milliseconds / 1000
    again = try_backbone(source, few, store)
    assert again.pass_seconds == pytest.approx(whole.pass_seconds * 2 / 48)


def test_the_answers_are_those_of_independent_layers(
    found: Selection, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    """scikit-learn's own solver, on the same folds, names the same classes."""
    linear = pytest.importorskip("sklearn.linear_model")
    from ic_tf_sdk.training.data import image_folder
    from ic_tf_sdk.training.feed.folder_features import folder_features
    from ic_tf_sdk.training.loop.out_of_fold import FOLDS

    folder = image_folder.describe(tiny_dataset.training)
    vectors = folder_features(tiny_archive, folder).features.astype(np.float64)
    classes = np.asarray(folder.classes)
    folds = select_module._dealt(folder).folds
    named = np.zeros_like(classes)
    for fold in range(FOLDS):
        known = folds != fold
        centre = vectors[known].mean(axis=0)
        scale = np.sqrt(((vectors[known] - centre) ** 2).mean())
        model = linear.LogisticRegression(C=1 / (0.1 * known.sum()), max_iter=5000, tol=1e-8)
        model.fit((vectors[known] - centre) / scale, classes[known])
        named[~known] = model.predict((vectors[~known] - centre) / scale)
    (tiny,) = (one for one in found.candidates if one.model == str(tiny_archive))
    assert (named == classes).tolist() == list(tiny.right)


def test_of_ties_the_fastest_is_picked_and_of_clear_differences_the_better() -> None:
    slow = candidate("slow", [True] * 90 + [False] * 10, 20.0)
    fast = candidate("fast", [True] * 88 + [False] * 10 + [True] * 2, 5.0)
    poor = candidate("poor", [True] * 50 + [False] * 50, 1.0)
    result = selection(slow, fast, poor)
    assert [one.model for one in result.tied] == ["slow", "fast"]
    assert result.best is fast
    assert "It ties with slow, and needs 5.0 ms" in result.why
    assert [row[3] for row in result.rows()] == ["-", "+0.000 ± 0.020 (tie)", "-0.400 ± 0.049"]
    assert selection(slow, poor).best is slow
    assert "No other comes within two standard errors of slow." in selection(slow, poor).why


def test_a_difference_is_measured_on_the_same_images() -> None:
    # Both are right in half of the cases, but never in the same.
    one = candidate("a", [True, False] * 50, 1.0)
    other = candidate("b", [False, True] * 50, 1.0)
    assert difference(one, other) == (0.0, pytest.approx(0.1))
    assert difference(one, one).is_tie


def test_the_edge_has_what_nothing_beats() -> None:
    best = candidate("best", [True] * 10, 30.0, size=5)
    fast = candidate("fast", [True] * 8 + [False] * 2, 5.0, size=9)
    beaten = candidate("beaten", [True] * 7 + [False] * 3, 6.0, size=20)
    result = selection(best, fast, beaten)
    assert [one.model for one in result.pareto("milliseconds")] == ["best", "fast"]
    assert [one.model for one in result.pareto("archive_bytes")] == ["best"]


@pytest.mark.parametrize("labels", [2, 3])
def test_macro_f1_is_scikit_learns(labels: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(labels)
    classes, answers = rng.integers(0, labels, (2, 60)).tolist()
    expected = metrics.f1_score(classes, answers, average="macro")
    assert macro_f1(answers, classes) == pytest.approx(expected)


def test_the_page_and_a_notebook_show_table_rule_and_pictures(
    found: Selection, tmp_path: Path
) -> None:
    found.write(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    for text in (EMBEDDED, "macro F1", "ms per image", "within two standard errors"):
        assert text in page
        assert text in found._repr_html_()
    assert page.count("<svg") == 2
    assert "<script" not in page
    evil = found._replace(training="<script>alert(1)</script>", failures={"<b>": "<i>"})
    evil.write(tmp_path / "page.html")
    assert "<script>" not in (tmp_path / "page.html").read_text()


def test_the_command_prints_the_table_and_json(
    found: Selection, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    line = ["select", str(tiny_dataset.training), "-m", str(tiny_archive), "-m", EMBEDDED]
    shown = CliRunner().invoke(main, [*line, "--page", str(tmp_path / "page.html")])
    assert shown.exit_code == 0, shown.output
    assert f"Picked: {found.best.model}" in shown.stdout
    # How far it was stands beside the answer.
    for phase in ("Reading headers: 48 images in", "Computing features: 48 images in"):
        assert phase in shown.stderr
        assert phase not in shown.stdout
    assert (tmp_path / "page.html").is_file()
    printed = CliRunner().invoke(main, [*line, "--json"])
    assert printed.stderr == ""
    told = json.loads(printed.stdout)
    assert told["picked"] == found.best.model
    assert [one["accuracy"] for one in told["candidates"]] == [
        one.accuracy for one in found.candidates
    ]


def test_folders_and_models_that_cannot_be_used_are_one_sentence(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError):
        launch.select(tmp_path / "nothing", [tiny_archive])
    with pytest.raises(UnknownModelError):
        launch.select(tiny_dataset.training, ["mobilnet"])
    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    with pytest.raises(ArchiveError):
        launch.select(tiny_dataset.training, [tmp_path / "broken.tar.gz"])
    for label in ("a", "b"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "set" / label / f"{number}.jpg").write_bytes(b"no image")
    with pytest.raises(DatasetError, match="4 of 4 files"):
        launch.select(tmp_path / "set", [tiny_archive])


def test_a_model_at_hand_that_breaks_is_told_and_the_others_are_measured(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ic_tf_sdk.launch.local import select

    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    sources: list[Any] = [
        ("good", SimpleNamespace(path=tiny_archive, described_by=None)),
        ("broken", SimpleNamespace(path=tmp_path / "broken.tar.gz", described_by=None)),
    ]
    monkeypatch.setattr(select, "_at_hand", lambda _: sources)
    found = launch.select(tiny_dataset.training)
    assert [one.model for one in found.candidates] == ["good"]
    assert found.failures.keys() == {"broken"}
    assert "broken" in found._repr_html_()


def test_paths_that_end_alike_have_names_that_differ_in_the_picture() -> None:
    models = [
        "weights/mobilenet_v1/feature_vector/",
        "weights/mobilenet_v2/feature_vector",
        "/models/train-tensorflow-ic-imagenet-resnet-50-classification-4.tar.gz",
        "tensorflow-ic-efficientnet-lite0-classification-2",
    ]
    assert selection_module._short_names(models) == [
        "mobilenet_v1",
        "mobilenet_v2",
        "resnet-50",
        "efficientnet-lite0",
    ]
    assert selection_module._short_names(["a/b", "a/b"]) == ["b", "b"]
