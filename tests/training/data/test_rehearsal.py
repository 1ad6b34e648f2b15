"""The sample of old images: bounded, as many of each class, the same with the same seed."""

import json
import logging
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training import environment, plan
from ic_tf_sdk.training.data import image_folder, rehearsal
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.data.split import split
from ic_tf_sdk.training.loop.identity import identity


def listed(counts: dict[str, int]) -> ImageFolder:
    rows = [(f"{label}/{n}.jpg", index) for index, (label, count) in enumerate(counts.items())
            for n in range(count)]  # fmt: skip
    names, classes = zip(*rows, strict=True)
    return ImageFolder(Path("/old"), tuple(counts), names, classes, {})


@pytest.mark.parametrize(
    ("counts", "most"),
    [
        ([20, 0], 200),
        ([0, 201], 201),
        ([9000, 0], 5000),
        ([20_000], 10_000),
        ([1] * 1000, 10),
        ([0] * 20_000, 1),
    ],
)
def test_the_bound_is_two_hundred_of_a_class_or_the_largest_new_one_and_ten_thousand_in_all(
    counts: list[int], most: int
) -> None:
    assert rehearsal.per_class(counts) == most


def test_each_class_gives_as_many_and_a_small_one_all() -> None:
    old = listed({"a": 500, "b": 300, "c": 7})
    drawn = rehearsal.sample(old, 100, seed=1)
    assert drawn.counts == [100, 100, 7]
    assert drawn == rehearsal.sample(old, 100, seed=1)
    assert drawn != rehearsal.sample(old, 100, seed=2)
    # One more file moves at most one other.
    more = rehearsal.sample(listed({"a": 501, "b": 300, "c": 7}), 100, seed=1)
    assert len(set(drawn.files) - set(more.files)) <= 1


def test_the_sample_is_not_what_the_split_holds_out() -> None:
    old = listed({"a": 1000, "b": 1000})
    held = split(old, ratio=0.1, seed=123)[1]
    assert held is not None
    drawn = rehearsal.sample(old, 100, seed=123)
    assert 2 <= len(set(held.files) & set(drawn.files)) <= 45


def model_of(folder: Path, labels: tuple[str, ...]) -> Path:
    """A model as far as a plan looks at it; of no labels a pretrained one."""
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "saved_model.pb").touch()
    tuned = FineTuning(
        labels=labels, binary_mode=False, interpolation="bilinear", hyperparameters={},
        package_version="1",
    )  # fmt: skip
    ModelInfo(
        kind="fine_tuned" if labels else "pretrained",
        model_id="tiny",
        model_version="1",
        input_height=32,
        input_width=32,
        pixel_range="0..1",
        files=dict(model_info.digests(folder)),
        fine_tuning=tuned if labels else None,
    ).write(folder)
    return folder


@pytest.fixture
def corrected(tmp_path: Path, tiny_dataset: SimpleNamespace) -> Path:
    """Three new pictures of one class, and a picture of the old ones under another class."""
    folder = tmp_path / "corrected"
    (folder / "dots").mkdir(parents=True)
    for path in sorted((tiny_dataset.test / "dots").iterdir())[:3]:
        shutil.copy(path, folder / "dots")
    moved = min((tiny_dataset.training / "plain").iterdir())
    shutil.copy(moved, folder / "dots" / f"was-{moved.name}")
    return folder


def planned(tmp_path: Path, training: Path, model: Path, *flags: str) -> plan.Plan:
    variables = {"SM_CHANNEL_TRAINING": str(training), "SM_CHANNEL_MODEL": str(model)}
    folders = [f"--{name}={tmp_path / name}" for name in ("model_dir", "output_data_dir")]
    return plan.make(environment.read([*folders, *flags], variables))


def test_a_job_trains_new_and_old_images_as_one_channel_in_the_models_order(
    tmp_path: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    model = model_of(tmp_path / "m", tiny_dataset.labels)
    old = tiny_dataset.training
    made = planned(tmp_path, corrected, model, f"--rehearse={old}")
    assert made.labels == tiny_dataset.labels
    assert made.validation is not None
    every = made.training.joined(made.validation)
    # The copy that was corrected is not trained under its old class, too.
    assert Counter(every.classes) == {0: 4 + 16, 1: 15, 2: 16}
    copied = min((old / "plain").iterdir())
    assert str(copied) not in every.files
    assert len([file for file in every.files if file.endswith(copied.name)]) == 1
    # What the earlier training held out of its images is held out again.
    before = split(image_folder.describe(old), ratio=0.2, seed=123)[1]
    assert before is not None
    held = {Path(file).name for file in made.validation.files if Path(file).is_absolute()}
    alone = planned(tmp_path, old, model, "--validation_split_ratio=0.2")
    assert alone.validation is not None
    assert len(held & {Path(file).name for file in alone.validation.files}) >= len(held) - 3
    # Images of the new folder are still left out by their names.
    exclude = tmp_path / "exclude.json"
    first = min((corrected / "dots").iterdir())
    exclude.write_text(json.dumps({"training": [f"dots/{first.name}"]}))
    less = planned(tmp_path, corrected, model, f"--rehearse={old}", f"--exclude={exclude}")
    assert less.excluded == {"training": 1}


def test_what_was_rehearsed_is_said_and_old_copies_of_each_other_stay(
    tmp_path: Path,
    corrected: Path,
    tiny_dataset: SimpleNamespace,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    model = model_of(tmp_path / "m", tiny_dataset.labels)
    old = tmp_path / "old"
    shutil.copytree(tiny_dataset.training, old)
    first = min((old / "stripes").iterdir())
    shutil.copy(first, first.with_name(f"again-{first.name}"))
    made = rehearsal.joined(corrected, old, model, seed=1)
    assert len(made.files) == 4 + 48
    assert caplog.messages == [
        f"Rehearsed: 48 of the 49 images in {old}, less 1 that are among the new ones"
    ]
    caplog.clear()
    rehearsal.joined(tiny_dataset.test, old, model, seed=1)
    assert caplog.messages == [f"Rehearsed: 49 of the 49 images in {old}"]


def test_old_images_have_their_classes_where_the_models_order_is_not_that_of_the_folders(
    tmp_path: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    order = ("stripes", "dots", "plain")
    model = model_of(tmp_path / "m", order)
    made = planned(tmp_path, corrected, model, f"--rehearse={tiny_dataset.training}")
    assert made.labels == order
    assert made.validation is not None
    every = made.training.joined(made.validation)
    assert set(every.classes) == {0, 1, 2}
    folders = [Path(file).parent.name for file in every.files]
    assert folders == [order[index] for index in every.classes]


def test_wherever_the_old_images_lie_it_is_the_same_job_and_holds_out_the_same(
    tmp_path: Path,
    corrected: Path,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = model_of(tmp_path / "m", tiny_dataset.labels)
    info = model_info.read(model)
    assert info is not None
    # As what is fetched from S3 lies in another folder each time.
    fetched = tmp_path / "fetched" / "old"
    shutil.copytree(tiny_dataset.training, fetched)
    monkeypatch.chdir(fetched.parent)
    found = []
    for old in (tiny_dataset.training, fetched, Path("old")):
        made = planned(tmp_path, corrected, model, f"--rehearse={old}")
        assert made.validation is not None
        beside = made.environment.rehearse
        job = identity(
            made.hyperparameters, made.training, made.validation, info, made.samples, beside
        )
        found.append((job, sorted(Path(file).name for file in made.validation.files)))
    assert found[0] == found[1] == found[2]


def test_other_classes_are_refused_with_both_sides(
    tmp_path: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    model = model_of(tmp_path / "m", ("dots", "plain", "waves"))
    with pytest.raises(DatasetError, match="missing here: 'waves'; only here: 'stripes'"):
        planned(tmp_path, corrected, model, f"--rehearse={tiny_dataset.training}")
    (corrected / "tulips").mkdir()
    shutil.copy(next((corrected / "dots").iterdir()), corrected / "tulips")
    model = model_of(tmp_path / "n", tiny_dataset.labels)
    with pytest.raises(DatasetError, match="tulips"):
        planned(tmp_path, corrected, model, f"--rehearse={tiny_dataset.training}")


def test_without_the_flag_the_jobs_rule_stays(
    tmp_path: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    model = model_of(tmp_path / "m", tiny_dataset.labels)
    with pytest.raises(DatasetError, match="has only one class"):
        planned(tmp_path, corrected, model)


def test_a_pretrained_model_has_nothing_to_rehearse(
    tmp_path: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    pretrained = model_of(tmp_path / "m", ())
    with pytest.raises(DatasetError, match="nothing to rehearse"):
        planned(tmp_path, corrected, pretrained, f"--rehearse={tiny_dataset.training}")
