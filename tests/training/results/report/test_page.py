"""The report says how good the model is, on what, of what, and shows the pictures that tell why."""

import html
import html.parser
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.pages import chart
from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.data.image_folder import ImageFolder
from tests.conftest import draw_dataset
from tests.training.results.report import runs

UGLY = (
    "</title><script>alert(1)</script>",
    "a\u202eb\nc",
    "<img src=x onerror=alert(1)>" + "y" * 300,
)


def rendered(
    channel: ImageFolder | None = None, *, record: HistoryRecord | None = None, **given: Any
) -> str:
    """A page without pictures."""
    from ic_tf_sdk.training.results.report import page

    channel = channel or runs.folder(None, ("a", "b", "c"), 20)
    evaluation = given.pop("evaluation", runs.evaluated(channel))
    facts = replace(runs.facts(channel), **given)
    return page.render(record or runs.record(), evaluation, facts)


class Tags(html.parser.HTMLParser):
    """The names of a page's elements and of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def words(page: str) -> str:
    """What is read: no style, no tags, single blanks."""
    body = page.partition("<body>")[2]
    body = re.sub(r"<style.*?</style>|<title>.*?</title>", "", body, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).split())


def test_the_head_says_how_good_it_is_with_its_error_and_how_long_all_of_it_took() -> None:
    channel = runs.folder(None, ("a", "b"), 50)
    answers = np.eye(2, dtype=np.float32)[list(channel.classes)]
    answers[:10] = answers[:10, ::-1]
    evaluation = replace(runs.evaluated(channel), probabilities=answers, logits=None)
    said = words(rendered(channel, evaluation=evaluation))
    # 90 of 100: the square root of 0.9 * 0.1 / 100.
    assert "90.0 % of 100 test images are right (standard error 3.0 %)" in said
    assert "mobilenet-v2-100-224-classification-4 4.0.1, fine-tuned" in said
    assert "100 training images of 2 classes; 6 epochs, exported: 4; 1 min 23 s in all" in said
    assert "9.0 s of it in epochs; 2026-11-26 12:00 UTC" in said


def test_images_that_chose_the_epoch_are_said_to_flatter() -> None:
    channel = runs.folder(None, ("a", "b"), 5)
    on_validation = runs.evaluated(channel, name="validation")
    assert "flatters the figure" in words(rendered(channel, evaluation=on_validation))
    assert "flatters the figure" not in words(rendered(channel))
    assert "Nothing was measured" in words(rendered(channel, evaluation=None))


@pytest.mark.parametrize(("count", "charts"), [(1, 3), (3, 5)])
def test_one_epoch_is_no_curve_and_several_are_two(count: int, charts: int) -> None:
    page = rendered(record=runs.record(count, best=0))
    assert page.count("<svg") == charts
    assert ("exported: epoch 1" in page) == (count > 1)
    assert ("1 epoch, exported" if count == 1 else "3 epochs, exported") in words(page)


@pytest.mark.parametrize(("classes", "shown"), [(5, False), (6, True)])
def test_the_top_five_are_told_where_there_are_more(classes: int, shown: bool) -> None:
    channel = runs.folder(None, runs.names(classes), 3)
    assert ("top 5" in words(rendered(channel))) == shown


def test_values_that_are_no_numbers_leave_a_page() -> None:
    nan = float("nan")
    diverged = HistoryRecord(
        epochs=[{"loss": nan, "accuracy": 0.5}] * 2, seconds=[1.0] * 2, best_epoch=0, test={}
    )
    page = rendered(record=diverged)
    assert "nan" not in words(page).lower()
    assert page.count("<svg") == 4


@pytest.mark.parametrize("name", UGLY)
def test_a_name_of_anything_is_shown_and_runs_nothing(name: str) -> None:
    labels = tuple(sorted((name, "b")))
    channel = runs.folder(None, labels, 4)
    wrong = replace(
        runs.evaluated(channel, margin=-9.0), folder=replace(channel, files=(name,) * 8)
    )
    page = rendered(
        channel, evaluation=wrong, model=name, command=name, warnings=[name], hints=[name],
        refused={name: name}, settings=[(name, name, name)],
    )  # fmt: skip
    tags = Tags(page)
    assert not tags.names & {"script", "img"}
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert "\u202e" not in page
    assert html.escape(visible(name)[:8]) in page


def test_the_largest_confusions_come_first_and_lead_to_their_pictures() -> None:
    channel = runs.folder(None, ("a", "b", "c"), 20)
    page = rendered(channel, evaluation=runs.evaluated(channel, margin=0.5))
    links = re.findall(r'href="#(cell-\d-\d)"', page)
    targets = set(re.findall(r'class="panel" id="(cell-\d-\d)"', page))
    assert links
    assert set(links) <= targets
    counts = [int(n) for n in re.findall(r"taken for \w+</a>: (\d+) image", page)]
    assert counts == sorted(counts, reverse=True)
    # Right answers, too, where there are few classes.
    assert {"cell-0-0", "cell-1-1", "cell-2-2"} <= targets


@pytest.mark.parametrize(("classes", "columns"), [(2, 2), (10, 10), (50, 50), (51, 26), (300, 26)])
def test_the_matrix_is_as_large_as_can_be_read(classes: int, columns: int) -> None:
    channel = runs.folder(None, runs.names(classes), 4)
    page = rendered(channel, evaluation=runs.evaluated(channel, margin=1.0))
    matrix = page.partition('<table class="matrix">')[2].partition("</table>")[0]
    assert matrix.count('scope="col"') == columns
    assert ("confused most" in page) == (classes > 50)
    # Heads are cut, and whole when they are pointed at.
    shown = re.findall(r'<th scope="row">(?:<span title="[^"]*">)?([^<]*)', matrix)
    assert max(map(len, shown)) <= 18


@pytest.mark.parametrize("classes", [2, pytest.param(60, marks=pytest.mark.slow)])
def test_noise_of_any_number_of_classes_stays_below_the_largest_page(
    tmp_path: Path, classes: int
) -> None:
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing
    from ic_tf_sdk.training.results import evaluation_files
    from ic_tf_sdk.training.results.report import page

    channel = runs.folder(tmp_path / "images", runs.names(classes), 240 // classes)
    evaluation = runs.evaluated(channel, margin=1.0)
    preprocessing = Preprocessing(96, 96, "bilinear", "0..1")
    facts = runs.facts(channel)
    evaluation_files.write(tmp_path / "out", runs.record(), evaluation, facts, preprocessing)
    report = (tmp_path / "out" / "report.html").read_text()
    assert len(report) < page.MOST_BYTES
    assert report.count("data:image/jpeg") >= 72


def test_a_small_picture_is_upright_and_has_the_form_of_its_photo(tmp_path: Path) -> None:
    import base64
    import io

    from ic_tf_sdk.training.graph.preprocessing import Preprocessing
    from ic_tf_sdk.training.results.report import thumbnails

    (tmp_path / "a").mkdir()
    # Lying, the left half red; EXIF turns it: red is on top.
    lying = Image.new("RGB", (200, 100), (0, 0, 255))
    lying.paste((255, 0, 0), (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying.save(tmp_path / "a" / "turned.jpg", exif=exif)
    lying.save(tmp_path / "a" / "plain.png")
    (tmp_path / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    files = ("a/turned.jpg", "a/plain.png", "a/broken.jpg", "a/gone.jpg")
    channel = ImageFolder(tmp_path, ("a",), files, (0,) * 4, {})
    made = thumbnails.make(channel, range(4), Preprocessing(64, 64, "bilinear", "0..1"))
    assert set(made) == {0, 1}
    assert (made[0].width, made[0].height) == (56, 112)
    assert (made[1].width, made[1].height) == (112, 56)
    for row, top in ((0, (255, 0, 0)), (1, (255, 0, 0))):
        image = Image.open(io.BytesIO(base64.b64decode(made[row].uri.partition(",")[2])))
        assert image.size == (made[row].width, made[row].height)
        np.testing.assert_allclose(image.getpixel((5, 5)), top, atol=12)


def test_without_charts_the_tables_are_there_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chart, "find_spec", lambda name: None)
    page = rendered()
    assert "<svg" not in page
    assert chart.MISSING in words(page)
    assert page.count("<table") >= 7


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Drawn pictures, one of them twice, and a file that is none."""
    folder = tmp_path / "my photos"
    draw_dataset(folder, count=8)
    (folder / "dots" / "broken.jpg").write_bytes(b"no picture")
    copied = next((folder / "plain").glob("*.png"))
    (folder / "stripes" / "copy.png").write_bytes(copied.read_bytes())
    return folder


def test_a_plan_tells_what_was_set_what_was_bad_and_a_command_that_does_the_same(
    photos: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    from ic_tf_sdk.cli import main
    from ic_tf_sdk.training import environment, plan
    from ic_tf_sdk.training.job import run_facts

    channels = {"training": photos, "test": tiny_dataset.test, "model": tiny_archive}
    variables = {f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()}
    flags = ["--epochs=2", "--on_bad_image=skip", "--label_smoothing=0.2"]
    job_plan = plan.make(environment.read(flags, variables))
    info = model_info.read(tiny_archive)
    assert info is not None
    found = run_facts(job_plan, info, ["a hint"])
    assert found.model == "tiny 1.0.0"
    assert found.refused == {str(photos / "dots" / "broken.jpg"): "text"}
    assert any("more than one class" in sentence for sentence in found.warnings)
    assert sum(found.images["training"]) + sum(found.images["validation"]) == 25
    assert 0 < found.seconds < 60
    settings = {name: value for name, value, _ in found.settings}
    assert settings == {"epochs": "2", "on_bad_image": "skip", "label_smoothing": "0.2"}
    told = shlex.split(found.command)
    assert told[:3] == ["ic-tf", "fit", str(photos)]
    done = CliRunner().invoke(main, [*told[1:], "--output", str(tmp_path / "o"), "--dry-run"])
    assert done.exit_code == 0, done.output
    sent = json.loads(done.stdout)
    assert sent["channels"] == {"training": str(photos), "test": str(tiny_dataset.test)}
    ours = {name: str(value) for name, value in job_plan.hyperparameters.model_dump().items()}
    theirs = {
        name: str(value) for name, value in parse(sent["hyperparameters"]).model_dump().items()
    }
    assert theirs == ours


@pytest.mark.slow
def test_a_job_shows_what_it_left_out_and_its_pictures(
    photos: Path, train: Any, tiny_dataset: SimpleNamespace
) -> None:
    damaged = next((photos / "dots").glob("dots*.jpg"))
    damaged.write_bytes(damaged.read_bytes()[:300] + b"\xff\xd9")
    job = train(
        training=photos, test=tiny_dataset.test, train_only_on_top=True, epochs=2,
        on_bad_image="skip",
    )  # fmt: skip
    page = (job.output / "report.html").read_text()
    assert page.count("data:image/jpeg") >= 15
    # One was refused by its first bytes, the other by the decoder.
    assert "2 files were left out" in words(page)
    assert damaged.name in page
    assert re.search(r"[\d.]+ s in all", words(page))
