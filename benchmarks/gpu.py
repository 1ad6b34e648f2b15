"""Training and serving on a GPU, beside the same machine's processor.

``python -m benchmarks.gpu PHOTOS MODEL [--epochs 5] [--seeds 123 1 2] [--minutes 8]``, where PHOTOS
holds ``training/`` and ``test/`` and MODEL is a model id or a folder. The rows, as it goes: whole
networks in float32 and with ``mixed_precision=bfloat16`` (images a second of a later epoch, test
accuracy, the GPU's memory in use), the same seed twice with ``deterministic``, a frozen backbone,
the same on the processor, and an endpoint on either with the largest difference of its answers.
What would begin after ``--minutes`` is left out, by name.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from statistics import median

import numpy as np
from typing_extensions import Self

from benchmarks import load, record, rows
from benchmarks.load import HEADERS, Command, Load, Questions
from ic_tf_sdk.inference import image_source

PROCESSOR = {"CUDA_VISIBLE_DEVICES": "-1"}
GROWING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
TAKING_ALL = {"TF_FORCE_GPU_ALLOW_GROWTH": "false"}
ANSWERS = 200


class Memory:
    """The most that the GPU had in use, in MiB, while this is entered."""

    def __enter__(self) -> Self:
        self.most, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        ask = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
        while not self._over.wait(0.5):
            self.most = max(self.most, int(subprocess.check_output(ask).split()[0]))


def fit(
    name: str, given: argparse.Namespace, out: Path, settings: dict[str, str], added: dict[str, str]
) -> Path:
    """One training; adds its row."""
    line = [sys.executable, "-m", "ic_tf_sdk", "fit", str(given.photos / "training")]
    line += ["-m", given.model, "--test", str(given.photos / "test"), "-o", str(out), "--no-cache"]
    for key, value in {"epochs": str(given.epochs), **settings}.items():
        line += ["--set", f"{key}={value}"]
    environment = {**os.environ, **added}
    began = time.perf_counter()
    with Memory() as memory:
        done = subprocess.run(line, check=False, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stdout[-2000:]}{done.stderr[-3000:]}")
    wall = time.perf_counter() - began
    history = json.loads((out / "output_data" / "history.json").read_text())
    trained = round(0.8 * sum(1 for one in (given.photos / "training").rglob("*.jpg")))
    later = trained / median(history["seconds"][1:] or history["seconds"])
    test = (f"{history['test'][one]:.{digits}f}" for one, digits in (("accuracy", 3), ("loss", 6)))
    given.trained.add(name, wall, history["seconds"][0], later, *test, memory.most)
    return out / "model.tar.gz"


def weights(archive: Path) -> str:
    """The digest of the exported variables."""
    with tarfile.open(archive) as tar:
        data = next(one for one in tar.getmembers() if ".data-" in one.name)
        content = tar.extractfile(data)
        assert content is not None
        return hashlib.sha256(content.read()).hexdigest()[:16]


def serve(given: argparse.Namespace, archive: Path) -> None:
    """An endpoint on the GPU and one on the processor, in turns; adds their rows."""
    bodies = [one.read() for one in image_source.find([str(given.photos / "test")])][:ANSWERS]
    answers = {}
    for name, added in (("processor", PROCESSOR), ("GPU", GROWING), ("GPU again", GROWING)):
        words = [sys.executable, "-m", "ic_tf_sdk", "serve", str(archive), "--port", "0", "--quiet"]
        with Memory() as memory, load.servers({name: Command(words, added)}) as servers:
            url = servers[name].url
            answers[name] = asked(url, bodies)
            questions, loads = Questions(bodies, answers[name]), {}
            for clients in (1, 8, 64):
                load.ask(Load(), url, questions, clients, 10 if clients == 1 else 100)
                loads[clients] = Load()
                load.ask(loads[clients], url, questions, clients, 200 if clients == 1 else 1000)
        far = np.abs(answers[name] - answers["processor"])
        same = np.mean(answers[name].argmax(1) == answers["processor"].argmax(1))
        for clients, one in loads.items():
            times = (one.median, one.images_per_second, str(one.wrong), memory.most)
            given.served.add(name, str(clients), *times, f"{far.max():.1e}", f"{same:.3f}")


def asked(url: str, bodies: list[bytes]) -> np.ndarray:
    """float64 [photos, classes], one answer each."""
    found = []
    for body in bodies:
        request = urllib.request.Request(f"{url}/invocations", body, HEADERS)
        with urllib.request.urlopen(request) as answer:
            found.append(json.load(answer)["probabilities"])
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("model")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", nargs="+", default=["123", "1", "2"])
    rows.option(parser)
    parser.add_argument("--minutes", type=float, default=60)
    record.option(parser)
    given = parser.parse_args()
    columns = ("", "process s", "first epoch s", "then images/s", "test accuracy", "loss", "MiB")
    given.trained = record.Table(
        "On a GPU",
        f"Training {given.model}",
        *columns,
        about="One run each; MiB is the most of the GPU's memory that was in use.",
    )
    given.served = record.Table(
        "On a GPU",
        f"The endpoint of {given.model}",
        *("on", "clients", "p50 ms", "images/s", "other answers", "MiB", "differs by"),
        "same class",
        about="Other answers are those that are more than 1e-5 off the one asked for alone; the "
        "last columns compare with the processor's answers.",
    )
    with tempfile.TemporaryDirectory() as name:
        notes = run(given, Path(name), time.monotonic() + 60 * given.minutes)
    record.keep(given, *(one for one in (given.trained, given.served) if one.rows), note=notes)


def run(given: argparse.Namespace, folder: Path, until: float) -> str:
    """All trainings for which there is time; what is to be said of them."""
    whole = {"train_only_on_top": "False"}
    bfloat16 = {**whole, "mixed_precision": "bfloat16"}
    first = {"random_seed": given.seeds[0]}
    twice = {**whole, **first, "deterministic": "True"}
    plan: list[tuple[str, dict[str, str], dict[str, str]]] = []
    plan += [
        (f"float32, seed {one}", {**whole, "random_seed": one}, GROWING) for one in given.seeds
    ]
    plan += [("all memory taken", {**whole, **first}, TAKING_ALL)]
    plan += [(f"deterministic {one}", twice, GROWING) for one in ("first", "second")]
    plan += [
        (f"bfloat16, seed {one}", {**bfloat16, "random_seed": one}, GROWING) for one in given.seeds
    ]
    plan += [("frozen", {"train_only_on_top": "True", **first}, GROWING)]
    plan += [("frozen, processor", {"train_only_on_top": "True", **first}, PROCESSOR)]
    plan += [
        (f"processor, seed {one}", {**whole, "random_seed": one}, PROCESSOR) for one in given.seeds
    ]
    made, notes = {}, []
    wanted = rows.chosen([title for title, _, _ in plan], given.only)
    plan = [one for one in plan if one[0] in wanted]
    for number, (title, settings, added) in enumerate(plan):
        if time.monotonic() > until:
            notes.append(f"{title}: left out, the time was over.")
            continue
        made[title] = fit(title, given, folder / str(number), settings, added)
        if title == "deterministic second":
            both = {weights(made[f"deterministic {one}"]) for one in ("first", "second")}
            same = "the same" if len(both) == 1 else "different"
            notes.append(f"The two deterministic trainings ended with {same} weights.")
        if number == 0 and not given.only:
            serve(given, made[title])
    return " ".join(notes)


if __name__ == "__main__":
    main()
