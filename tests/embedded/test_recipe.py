"""The recipe really runs: pictures, pretraining in parts, probe, export; at the smallest size."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk.contract import archive
from tools.embedded.contrastive import contrastive_loss
from tools.embedded.export import export_archive
from tools.embedded.formulas import FAMILIES, formula_family, render_formula
from tools.embedded.network import FEATURES
from tools.embedded.palettes import render_palette
from tools.embedded.probe import probe
from tools.embedded.scene import TASKS, make_bank, make_scene
from tools.embedded.textures import FAMILIES as TEXTURE_FAMILIES
from tools.embedded.textures import render_texture

ROOT = Path(__file__).parents[2]


def run(module: str, *arguments: object) -> str:
    command = [sys.executable, "-m", f"tools.embedded.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe") / "pictures"
    run("pictures", folder, "--count", 160, "--seed", 3, "--processes", 1, "--variants", 1)
    return folder


@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_a_formula_repeats_with_its_seed_and_varies_with_the_rng(family: int) -> None:
    first, again, other = (
        render_formula(formula=family, seed=1, rng=np.random.default_rng(seed))
        for seed in (5, 5, 6)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (96, 96, 2)
    # Something is there, and it does not fill the square.
    assert 0.005 < (first[..., 1] > 0).mean() < 0.95, formula_family(family)


@pytest.mark.parametrize("family", range(len(TEXTURE_FAMILIES)))
def test_a_texture_has_contrast_and_varies_with_the_rng(family: int) -> None:
    first, other = (
        render_texture(texture=family, seed=1, rng=np.random.default_rng(seed)) for seed in (5, 6)
    )
    assert first.shape == (128, 128)
    assert first.std() > 10
    assert not np.array_equal(first, other)


def test_variants_of_a_palette_are_nearer_to_each_other_than_other_palettes() -> None:
    ramps = np.array(
        [
            [render_palette(palette=index, seed=1, rng=np.random.default_rng(s)) for s in range(4)]
            for index in range(TASKS["palette"])
        ]
    )
    assert ramps.min() >= 0
    assert ramps.max() <= 1
    centres = ramps.mean(1)
    distance = ((ramps[:, :, None] - centres) ** 2).sum((-1, -2))
    right = distance.argmin(-1) == np.arange(len(ramps))[:, None]
    assert right.mean() > 0.8


def test_pictures_equal_those_composed_one_by_one(pictures: Path) -> None:
    pixels, classes = np.load(pictures / "pixels.npy"), np.load(pictures / "classes.npy")
    assert pixels.shape == (160, 96, 96, 3)
    bank = make_bank(3, variants=1)
    for number in (0, 57, 159):
        scene = make_scene(bank=bank, seed=3, number=number)
        assert np.array_equal(scene.pixels, pixels[number])
        assert np.array_equal(scene.classes, classes[number])
    assert (classes.max(0) < list(TASKS.values())).all()
    assert not list(pictures.parent.glob(".*"))


def history(run: Path) -> list[dict[str, float]]:
    lines = map(json.loads, (run / "history.jsonl").read_text().splitlines())
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


@pytest.fixture(scope="module")
def trained(pictures: Path) -> Path:
    folder = pictures.parent / "trained"
    run("pretrain", pictures, folder, "--epochs", 1, "--seed", 4)
    return folder


def test_pretraining_runs_and_logs_its_last_epoch_at_the_full_size(trained: Path) -> None:
    (line,) = history(trained)
    assert (line["epoch"], line["side"]) == (1, 96)
    assert np.isfinite(line["loss"])


@pytest.mark.slow
def test_pretraining_in_parts_ends_as_if_it_had_not_been_stopped(
    pictures: Path, tmp_path: Path
) -> None:
    options = ("--epochs", 2, "--seed", 4)
    run("pretrain", pictures, tmp_path / "whole", *options)
    said = run("pretrain", pictures, tmp_path / "parts", *options, "--stop-after", 1)
    assert "the same command goes on" in said
    assert not list((tmp_path / "parts").glob("*.h5"))
    run("pretrain", pictures, tmp_path / "parts", *options)
    assert history(tmp_path / "whole") == history(tmp_path / "parts")
    assert [line["side"] for line in history(tmp_path / "parts")] == [64, 96]


def test_trained_weights_become_an_archive_that_loads(trained: Path, tmp_path: Path) -> None:
    export_archive(weights=trained / "backbone.weights.h5", directory=tmp_path)
    (packed,) = tmp_path.glob("train-*.tar.gz")
    archive.extract(packed, tmp_path / "model")
    loaded = tf.saved_model.load(str(tmp_path / "model" / "1"))
    assert loaded(tf.zeros([2, 96, 96, 3]), training=False).shape == (2, FEATURES)


def test_probe_finds_what_separates_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(1200) % 3
    noise = rng.standard_normal((1200, 64)).astype(np.float32)
    centres = rng.standard_normal((3, 64)).astype(np.float32)
    assert probe(noise + 2 * centres[targets], targets, folds=2).mean() > 0.9
    assert probe(noise, targets, folds=2).mean() < 0.5


def test_contrastive_loss_asks_for_the_other_view_of_the_same_picture() -> None:
    pictures = tf.one_hot(range(8), 16)
    right = float(contrastive_loss(tf.concat([pictures, pictures], 0)))
    wrong = float(contrastive_loss(tf.concat([pictures, pictures[::-1]], 0)))
    blind = float(contrastive_loss(tf.ones([16, 4])))
    assert right < blind < wrong
    # Nothing to tell fifteen others apart by.
    assert blind == pytest.approx(np.log(15), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["supervised", "contrastive"])
def test_each_objective_alone_trains_the_backbone_too(
    pictures: Path, tmp_path: Path, objective: str
) -> None:
    run("pretrain", pictures, tmp_path / "run", "--epochs", 1, "--objective", objective)
    assert (tmp_path / "run" / "backbone.weights.h5").exists()
    line = json.loads((tmp_path / "run" / "history.jsonl").read_text())
    assert np.isfinite(line["loss"])
