"""At 80 columns no word is broken and no line TensorFlow's; a fit is never silent."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.cli.group import COMMANDS
from ic_tf_sdk.launch.local.display import phase_text
from tests.cli.usual_calls import (
    DATA,
    DATASET,
    EMBEDDED,
    MACHINE,
    MODEL_DATA,
    MODEL_ID,
    OUTPUT,
    ROLE,
    lay_out,
)

pytest.importorskip("pty")
pytest.importorskip("rich")

from tests.cli.recorded_terminal import Recorded, record

QUICK = [("models", "mobilenet-v2-035"), ("describe", MODEL_ID), ("hyperparameters", MODEL_ID)]
SLOW = [
    *(("models",), ("models", "--available"), ("describe", "mobilenet"), ("env",)),
    *(("export-catalog", "catalogue/"), ("sample-data", "pictures/", "--images-per-class", "2")),
    *(
        ("check-data", "flowers/"),
        ("import-data", "table.csv", "--out", "imported/"),
        ("fit", "flowers/", "--dry-run"),
        ("mirror", EMBEDDED, "--to", "m/"),
    ),
    ("fit", "flowers/", "--output", "first/", "--model", EMBEDDED, "--epochs", "1"),
    ("predict", EMBEDDED, "flowers/"),
    ("predict", EMBEDDED, "flowers/", "--to-label", "2"),
    ("evaluate", EMBEDDED, "known/"),
    ("compare", "saved/", "flowers/"),
    ("export", EMBEDDED, "--out", "model.tflite", "--images", "flowers/"),
    ("publish", "--bucket", "my-bucket", "--print-policy"),
    ("launch", MODEL_ID, *ROLE, *DATA, *OUTPUT, *MACHINE, "--dry-run"),
    ("benchmark", MODEL_ID, *ROLE, *DATASET, *OUTPUT, *MACHINE, "--dry-run"),
    *(("cache", "info"), ("select", "flowers/", "--model", EMBEDDED)),
    ("tune", "flowers/", "--model", EMBEDDED, "--output", "tuned/", "--trials", "2"),
    # They need an account to do more.
    ("deploy", MODEL_DATA, *ROLE),
    *((name, "--help") for name in ("status", "logs", "wait", "stop")),
    *(("check", "--help"), ("launch", "--help"), ("fit", "--help"), ("--help",)),
]
TOP = ("-s", "train_only_on_top=True", "-s", "epochs=2")
# As its C++ and absl begin lines, and what they speak of.
OF_TENSORFLOW = re.compile(
    r"^[IWEF]\d{4} |^\d{4}-\d\d-\d\d .*: [IWEF] |cuInit|oneDNN|WARNING: All log|XLA|AVX",
    re.MULTILINE,
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the pictures of the calls."""
    lay_out(tmp_path)
    return tmp_path


def check(folder: Path, words: tuple[str, ...], code: int = 0) -> Recorded:
    """Record a call at 80 columns and compare its words with those of a wide terminal."""
    narrow = record(words, columns=80, folder=folder)
    assert narrow.code == code, narrow.text
    assert not OF_TENSORFLOW.search(narrow.text), narrow.text
    return narrow


def in_one_piece(narrow: Recorded, wide: Recorded) -> None:
    # Times and sizes differ from run to run, and how far a short phase is told before it ends.
    whole = wide.words()
    # What all model ids begin with is left out where there is no room for it.
    whole |= {word.removeprefix("tensorflow-ic-") for word in whole}
    # A phase that is over at once is not told, nor what it counts.
    whole |= {word for title in phase_text._TITLES.values() for word in title.split()} | {"folds"}
    broken = {w for w in narrow.words(lasting=True) - whole if not re.search(r"[\d/]", w)}
    assert not broken, broken


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_no_word_is_broken(words: tuple[str, ...], here: Path) -> None:
    in_one_piece(check(here, words), record(words, columns=500, folder=here))


@pytest.mark.slow
@pytest.mark.parametrize("words", SLOW, ids=" ".join)
def test_no_word_of_any_usual_call_is_broken_or_of_tensorflow(
    words: tuple[str, ...], here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    beside = tmp_path_factory.mktemp("wide")
    lay_out(beside)
    in_one_piece(check(here, words), record(words, columns=500, folder=beside))


@pytest.mark.slow
def test_a_server_says_where_it_is_and_nothing_of_tensorflow_s(here: Path) -> None:
    words = ("serve", EMBEDDED, "--port", "0")
    served = record(words, columns=80, folder=here, stop_at="running on http")
    assert served.code == 0, served.text
    assert not OF_TENSORFLOW.search(served.text), served.text


@pytest.mark.slow
def test_a_module_is_mirrored_without_tensorflow_s_lines(here: Path, tiny_backbone: Path) -> None:
    words = ("mirror", MODEL_ID, "--to", "m/", "--from", tiny_backbone, "--scope", "training")
    # It is another module than the model's, which takes loading it to find out.
    refused = record(words, columns=80, folder=here)
    assert refused.code == 1
    assert "is not the feature vector of" in refused.text
    assert not OF_TENSORFLOW.search(refused.text), refused.text


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80])
def test_a_fit_is_never_silent_and_its_line_fits(
    columns: int, tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    words = ("fit", tiny_dataset.training, "-m", tiny_archive, "--test", tiny_dataset.test,
             "-o", tmp_path / "out", "--epochs", "3")  # fmt: skip
    done = record(words, columns=columns, folder=tmp_path, NO_COLOR="1")
    assert done.code == 0, done.text
    assert done.silent < 5, done.silent
    assert not OF_TENSORFLOW.search(done.text)
    drawn = [line.removeprefix("\x1b[1m").split("\x1b")[0] for line in done.sent.split("\x1b[2K")]
    phases = [line for line in drawn if re.match(r"(Training|Computing|Loading).*:", line)]
    assert phases
    assert max(map(len, phases)) < columns
    assert any("left" in line for line in phases)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        (
            "check-data",
            "{training}",
            "--test",
            "{test}",
            "--labels",
            "-m",
            EMBEDDED,
            "-o",
            "found/",
        ),
        ("select", "{training}", "-m", EMBEDDED, "--no-cache"),
        ("tune", "{training}", "-m", EMBEDDED, "-o", "tuned/", "--trials", "2", *TOP),
    ],
    ids=lambda words: words[0],
)
def test_no_long_command_is_silent_and_its_line_fits(
    words: tuple[str, ...], tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    places = {"training": tiny_dataset.training, "test": tiny_dataset.test}
    call = [word.format(**places) for word in words]
    done = record(call, columns=80, folder=tmp_path, NO_COLOR="1")
    assert done.code == 0, done.text
    assert done.silent < 5, done.silent
    assert not OF_TENSORFLOW.search(done.text)
    assert re.search(r"Loading TensorFlow in [\d.]+ s", done.text), done.text
    drawn = [line.removeprefix("\x1b[1m").split("\x1b")[0] for line in done.sent.split("\x1b[2K")]
    phases = [line for line in drawn if re.match(r"[A-Z][a-z ]+: .*(left|so far|\d:\d\d)", line)]
    assert phases
    assert max(map(len, phases)) < 80


def test_the_recorded_calls_are_of_every_command() -> None:
    recorded = {words[0] for words in QUICK + SLOW} | {"serve"}
    assert set(COMMANDS) <= recorded


def test_the_check_would_see_a_broken_word_and_a_line_of_tensorflow_s() -> None:
    with pytest.raises(AssertionError, match="parame"):
        in_one_piece(Recorded(0, "hyper-parame\nters", 0), Recorded(0, "hyper-parameters", 0))
    for line in (
        "E0000 00:00:1 cuda_platform.cc:52] failed call to cuInit",
        "2026-11-26 11:00:00.1: I tensorflow/core/platform/cpu_feature_guard.cc:210]",
    ):
        assert OF_TENSORFLOW.search(f"label\n{line}")
