"""``ic-tf check-data --labels``: what it lists, what it writes, and that it removes nothing."""

import csv
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from ic_tf_sdk.cli import main
from tests.conftest import draw_dataset

LABELS = ("plain", "stripes")


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory, tiny_archive: Path) -> SimpleNamespace:
    """A folder with a moved, a repeated and a leaked picture, and what the command made of it."""
    root = tmp_path_factory.mktemp("labels")
    training, test, output = root / "training", root / "test", root / "found"
    draw_dataset(training, count=20, labels=LABELS)
    draw_dataset(test, count=4, seed=1, labels=LABELS)
    (training / "plain" / "plain-0-007.jpg").rename(training / "stripes" / "moved.jpg")
    with Image.open(training / "stripes" / "stripes-0-004.jpg") as picture:
        picture.save(training / "stripes" / "stripes-0-004-again.jpg", quality=60)
    with Image.open(test / "stripes" / "stripes-1-001.jpg") as picture:
        picture.resize((64, 64)).save(training / "stripes" / "leaked.png")
    (training / "plain" / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    before = sorted(root.rglob("*"))
    options = ("--test", test, "--labels", "-m", tiny_archive, "-o", output, "--json")
    done = ic_tf("check-data", training, *options)
    assert [path for path in before if not path.exists()] == []
    return SimpleNamespace(done=done, training=training, test=test, output=output)


def test_moved_repeated_and_leaked_pictures_are_listed(checked: SimpleNamespace) -> None:
    # The broken picture is refused; the others are looked at all the same.
    assert checked.done.exit_code == 1
    labels = json.loads(checked.done.stdout)["labels"]
    listed = {(one["kind"], one["file"]): one for one in labels["suspects"]}
    moved = listed["label", "stripes/moved.jpg"]
    assert (moved["label"], moved["suggested_label"]) == ("stripes", "plain")
    assert moved["resembles"].startswith("training/plain/")
    again = {"stripes/stripes-0-004-again.jpg", "stripes/stripes-0-004.jpg"}
    # Stripes are alike; that others are listed, too, is no fault.
    pairs = [
        {one["file"], one["resembles"].removeprefix("training/")}
        for one in labels["suspects"]
        if one["kind"] == "duplicate"
    ]
    assert again in pairs
    leaked = listed["leak", "stripes/leaked.png"]
    assert (leaked["channel"], leaked["resembles"]) == (
        "training",
        "test/stripes/stripes-1-001.jpg",
    )
    assert labels["images"] == 42 + 8


def test_the_table_and_the_page_have_every_suspect(checked: SimpleNamespace) -> None:
    suspects = json.loads(checked.done.stdout)["labels"]["suspects"]
    with (checked.output / "suspects.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file"] for row in rows] == [one["file"] for one in suspects]
    page = (checked.output / "suspects.html").read_text()
    assert page.count("data:image/jpeg;base64,/9j/") == 2 * len(rows)
    assert all(f"{row['channel']}/{row['file']}" in page for row in rows)
    assert "<script" not in page
    assert "http" not in page


def test_a_table_that_may_have_been_worked_on_is_not_overwritten(
    checked: SimpleNamespace, tiny_archive: Path
) -> None:
    before = (checked.output / "suspects.csv").read_bytes()
    options = ("--labels", "-m", tiny_archive, "-o")
    done = ic_tf("check-data", checked.training, *options, checked.output)
    assert done.exit_code == 1
    assert "already exists" in done.output
    assert (checked.output / "suspects.csv").read_bytes() == before
    done = ic_tf("check-data", checked.training, "--quick", *options, checked.output / "b")
    assert "leave out --quick" in done.output


def test_without_an_output_the_table_is_beside_the_images(tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    (tmp_path / "flowers-suspects").mkdir()
    done = ic_tf("check-data", tmp_path / "flowers", "--labels")
    assert done.exit_code == 1
    assert f"{tmp_path}/flowers-suspects already exists" in done.output


def test_labels_that_training_refuses_are_not_looked_at(tmp_path: Path) -> None:
    """What a network would say of classes that change anyway helps nobody."""
    training, output = tmp_path / "training", tmp_path / "found"
    draw_dataset(training, count=4, labels=LABELS)
    for path in list((training / "plain").iterdir())[1:]:
        path.unlink()
    done = ic_tf("check-data", training, "--labels", "-o", output, "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert "single image for 'plain'" in report["problems"][0]
    assert "labels" not in report
    assert not output.exists()


@pytest.mark.slow
def test_fit_leaves_out_what_the_table_lists_and_says_so(
    checked: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    training, table = tmp_path / "training", checked.output / "suspects.csv"
    shutil.copytree(checked.training, training)
    (training / "plain" / "broken.jpg").unlink()
    done = ic_tf(
        "fit", training, "-m", tiny_archive, "-s", "train_only_on_top=True", "-s", "epochs=1",
        "--exclude", table, "-o", tmp_path / "out",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    count = table.read_text().count("\ntraining,")
    assert f"Left out of training, as listed: {count} images" in done.output
    report = (tmp_path / "out" / "output_data" / "report.html").read_text()
    assert f"{count} training images" in report


def test_the_request_of_fit_names_what_is_left_out(
    checked: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    table = tmp_path / "suspects.csv"
    text = (checked.output / "suspects.csv").read_text()
    # A row that a person deletes stays in.
    rows = text.splitlines(keepends=True)
    table.write_text("".join(row for row in rows if "leaked" not in row))
    options = ("-m", tiny_archive, "-o", tmp_path / "out", "--exclude", table, "--dry-run")
    done = ic_tf("fit", checked.training, *options)
    assert done.exit_code == 0, done.output
    left_out = json.loads(done.stdout)["exclude"]["training"]
    assert "stripes/moved.jpg" in left_out
    assert "stripes/leaked.png" not in left_out
    table.write_text("file\n")
    assert "no column 'channel'" in ic_tf("fit", checked.training, *options).output
