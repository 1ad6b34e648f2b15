"""Which pictures to label: the least sure ones, unlike each other, with a page to look at."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk import embedded
from ic_tf_sdk.cli import main
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local import to_label as choosing
from ic_tf_sdk.launch.local import to_label_page
from ic_tf_sdk.launch.local.to_label import ToLabel, Unsure, to_label
from tests.aws import BUCKET
from tests.conftest import draw_dataset


@pytest.fixture(scope="module")
def model(fitted: LocalEstimator) -> Path:
    return Path(fitted.model_data)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool") / "pictures"
    draw_dataset(folder, count=15, seed=31)
    return folder


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.mark.slow
def test_the_least_sure_are_listed_and_none_is_like_another(model: Path, pool: Path) -> None:
    images = image_source.find([str(pool)])
    found = to_label(model, images, 4)
    assert found.images == 45
    assert len(found.found) == 4
    margins = [one.margin for one in found.found]
    assert margins == sorted(margins)
    assert found.found == to_label(model, images, 4).found
    for one in found.found:
        assert one.margin == pytest.approx(one.probability - one.second_probability)
        assert one.label != one.second_label
    # Copies of the least sure picture are one picture.
    copies = pool.parent / "copies"
    shutil.copytree(pool, copies)
    for number in range(8):
        shutil.copy(found.found[0].image, copies / "dots" / f"copy-{number}.png")
    again = to_label(model, image_source.find([str(copies)]), 4)
    contents = Counter(Path(one.image).read_bytes() for one in again.found)
    assert max(contents.values()) == 1


def test_groups_of_like_pictures_each_give_their_least_odd_one() -> None:
    rng = np.random.default_rng(0)
    middles = np.eye(3, 8) * 10
    features = np.concatenate([middle + rng.normal(0, 0.1, (20, 8)) for middle in middles])
    chosen = choosing._unlike(features, [0.5] * 60, 3)
    assert [row // 20 for row in chosen] == [0, 1, 2]
    # All alike: the number is kept all the same.
    assert choosing._unlike(np.ones((5, 2)), [0.5] * 5, 3) == [0, 1, 2]


@pytest.mark.parametrize(
    ("shares", "first", "second", "margin"),
    [
        ([0.2, 0.5, 0.3], ("b", 0.5), ("c", 0.3), 0.2),
        ([0.6, 0.1, 0.3], ("a", 0.6), ("c", 0.3), 0.3),
        # Of two equals the one that stands first.
        ([0.3, 0.3, 0.4], ("c", 0.4), ("a", 0.3), 0.1),
    ],
)
def test_a_picture_is_as_unsure_as_its_two_likeliest_classes_are_near(
    shares: list[float], first: tuple[str, float], second: tuple[str, float], margin: float
) -> None:
    row = {"image": "x.jpg", "labels": ["a", "b", "c"], "probabilities": shares}
    assert choosing._unsure(row) == ("x.jpg", *first, *second, pytest.approx(margin))


def test_one_probability_is_that_of_the_second_of_two_classes() -> None:
    found = choosing._unsure({"image": "x.jpg", "labels": ["a", "b"], "probabilities": [0.25]})
    assert found == ("x.jpg", "a", 0.75, "b", 0.25, 0.5)


def test_the_less_sure_decide_where_a_group_has_its_middle() -> None:
    features = np.array([[0.0], [1.0], [9.0], [10.0], [11.0]])
    assert choosing._unlike(features, [0.0, 1.0, 0.1, 0.1, 0.1], 2) == [1, 3]
    assert choosing._unlike(features, [1.0, 0.0, 0.1, 0.1, 0.1], 2) == [0, 3]
    # Sure of all: the middles are those of the pictures themselves.
    assert choosing._unlike(features, [0.0] * 5, 1) == [2]


def test_a_page_counts_its_pictures_and_what_could_not_be_read() -> None:
    one = Unsure("a.jpg", "ant", 0.5, "bee", 0.4, 0.1)
    single = to_label_page.render(ToLabel((one,), 9, "so"), "mine")
    assert "1 picture to label" in single
    assert "could not be read" not in single
    both = ToLabel(
        (one, one._replace(image="b.jpg")), 9, "so", {"c.jpg": "HTML"}, {"b.jpg": "data:x"}
    )
    page = to_label_page.render(both, "mine")
    assert "2 pictures to label" in page
    assert "1 of them could not be read" in page
    assert page.count("no picture") == page.count('<img alt="" src="data:x">') == 1
    # A long name is cut where it is shown, and whole where it is pointed at.
    long = to_label_page.render(ToLabel((one._replace(image="x" * 61),), 1, "so"), "mine")
    assert "x" * 61 in long
    assert long.count("x" * 60) == 1
    assert long.count("…") == 1
    exact = to_label_page.render(ToLabel((one._replace(image="x" * 60),), 1, "so"), "mine")
    assert f">{'x' * 60}<" in exact


def test_the_command_prints_and_writes_a_page(model: Path, pool: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("<html>")
    page = tmp_path / "new" / "page.html"
    done = ic_tf("predict", model, pool, bad, "--to-label", 3, "--out", page, "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["images"] == 46
    assert list(report["failed"]) == [str(bad)]
    assert len(report["to_label"]) == 3
    assert "the model's features" in report["method"]
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 3
    for one in report["to_label"]:
        assert Path(one["image"]).name in text
    assert "http" not in text.replace("http-equiv", "")
    assert "1 of them could not be read" in text
    again = ic_tf("predict", model, pool, "--to-label", 3, "--out", page)
    assert "already exists" in again.output


def test_options_of_predictions_are_refused_together(pool: Path, tmp_path: Path) -> None:
    words = ["predict", embedded.MODEL_IDS[0], pool, "--to-label", 3, "--calibrated"]
    done = ic_tf(*words, "--out", tmp_path / "a.csv")
    assert done.exit_code == 1
    assert "Leave out --calibrated" in done.output
    assert "ends in .html" in done.output
    assert ic_tf("predict", embedded.MODEL_IDS[0], pool, "--to-label", 0).exit_code == 2


def test_names_of_anything_are_shown_and_run_nothing() -> None:
    odd = "<img src=x onerror=alert(1)>\u202e\n.png"
    one = Unsure(odd, "<b>", 0.5, "&", 0.4, 0.1)
    text = to_label_page.render(ToLabel((one,), 1, "so"), odd)
    assert "<img src=x" not in text
    assert "\u202e" not in text
    assert "&lt;b&gt;" in text
    assert "no picture" in text


@pytest.mark.slow
@pytest.mark.usefixtures("aws")
def test_a_published_classifier_and_pictures_in_s3_work_too(
    model: Path, pool: Path, s3: Any, tmp_path: Path
) -> None:
    published = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
    found = to_label(published, image_source.find([str(pool)]), 3)
    assert len(found.found) == 3
    assert "their probabilities" in found.method
    for path in pool.rglob("*.png"):
        s3.put_object(Bucket=BUCKET, Key=f"pool/{path.name}", Body=path.read_bytes())
    place = f"s3://{BUCKET}/pool/"
    done = ic_tf("predict", model, place, "--to-label", 2, "--out", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    assert done.output.count(place) >= 2
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("data:image/jpeg") == 2
