"""Kills at random moments, of a command or of its child: the next start makes all of it good.

``IC_TF_SDK_KILLS`` is how many there are with ``-m slow`` (100), ``IC_TF_SDK_KILL_SEED`` chooses
others. Each runs one command three times: undisturbed (once for all), killed, and again.
"""

import hashlib
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import embedded
from tests.kills.disturbance import SEED, disturb
from tests.launch.local.disturbed import IC_TF, Place, gone, result

KILLS = int(os.environ.get("IC_TF_SDK_KILLS", "100"))
MODEL = embedded.MODEL_IDS[0]
ENDPOINT = """
import sys
from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor
predictor = LocalEndpointPredictor(sys.argv[1], endpoint_name="killed")
answer = predictor.predict(open(sys.argv[2], "rb").read())
predictor.delete_endpoint()
print(len(answer))
"""

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads processes off /proc")


@dataclass(frozen=True)
class Work:
    """A command of a place, and what must be the same however it came to its end."""

    command: Callable[[Place], list[str]]
    outcome: Callable[[Place], Any]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def photo(place: Place) -> str:
    return str(min((place.training / "dots").iterdir()))


def embedded_model() -> str:
    return str(embedded.archive_path(MODEL, "inference"))


def rows(place: Place) -> list[Any]:
    """Image, label and rounded probability of each row: batches differ in the last bits."""
    lines = (place.root / "answers.csv").read_text().splitlines()[1:]
    return [[word[:6] for word in line.split(",")] for line in lines]


WORKS = {
    "fit": Work(
        lambda place: place.fit(epochs=6), lambda place: result(place.output / "model.tar.gz")
    ),
    "predict": Work(
        lambda place: [
            *(*IC_TF, "predict", MODEL, str(place.training)),
            *("--out", str(place.root / "answers.csv")),
        ],
        rows,
    ),
    "export": Work(
        lambda place: [
            *(*IC_TF, "export", MODEL, "--images", photo(place)),
            *("--out", str(place.root / "model.tflite")),
        ],
        lambda place: (place.root / "model.tflite").stat().st_size,
    ),
    "mirror": Work(
        lambda place: [*IC_TF, "mirror", MODEL, "--to", str(place.root / "models")],
        lambda place: {p.name: digest(p) for p in (place.root / "models").iterdir()},
    ),
    "endpoint": Work(
        lambda place: [sys.executable, "-c", ENDPOINT, embedded_model(), photo(place)],
        lambda place: None,
    ),
}


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> Callable[[str], tuple[Any, float, set[str]]]:
    """The outcome of a command, its seconds, and the files that it leaves."""
    known: dict[str, tuple[Any, float, set[str]]] = {}

    def ask(name: str) -> tuple[Any, float, set[str]]:
        if name not in known:
            place = Place(tmp_path_factory.mktemp(name), tiny_dataset.training, tiny_archive)
            began = time.monotonic()
            done = place.run(WORKS[name].command(place))
            assert done.returncode == 0, done.stdout
            known[name] = WORKS[name].outcome(place), time.monotonic() - began, files(place)
        return known[name]

    return ask


def files(place: Place) -> set[str]:
    """Every file and folder of the place, but for TensorBoard's, which are named after the time."""
    names = {path.relative_to(place.root).as_posix() for path in place.root.rglob("*")}
    return {name for name in names if "tfevents" not in name}


def check(
    name: str, seed: int, place: Place, undisturbed: Callable[[str], tuple[Any, float, set[str]]]
) -> None:
    rng = random.Random(seed)
    outcome, seconds, left = undisturbed(name)
    command = WORKS[name].command(place)
    story = disturb(place, command, seconds, rng)
    done = place.run(command)
    finished = "already exists" in done.stdout
    assert done.returncode == 0 or finished, f"{story}\n{done.stdout}"
    assert gone(place), story
    assert WORKS[name].outcome(place) == outcome, story
    assert files(place) == left, story


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(pytest.param("fit", number, marks=pytest.mark.slow) for number in (0, 1)),
        pytest.param("predict", 2, marks=pytest.mark.slow),
        ("mirror", 4),
        pytest.param("endpoint", 5, marks=pytest.mark.slow),
    ],
)
def test_a_handful_of_kills(
    name: str,
    number: int,
    tmp_path: Path,
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    undisturbed: Any,
) -> None:
    place = Place(tmp_path, tiny_dataset.training, tiny_archive)
    check(name, SEED + number, place, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_many_kills(
    number: int,
    tmp_path: Path,
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    undisturbed: Any,
) -> None:
    place = Place(tmp_path, tiny_dataset.training, tiny_archive)
    name = [*WORKS, "fit", "fit"][number % (len(WORKS) + 2)]
    check(name, 1000 + SEED + number, place, undisturbed)
