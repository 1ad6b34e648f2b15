"""Training measured against the loops that people run today.

    python -m benchmarks.training frozen --images 300 1000 --epochs 5 10
    python -m benchmarks.training full --images 160 --epochs 1 3
    python -m benchmarks.training augmented --images 100 --pixels 4000 3000
    python -m benchmarks.training pass
    python -m benchmarks.training decode
    python -m benchmarks.training memory
    python -m benchmarks.training scan

Peers run in the same session, interleaved, each as its own process; the table shows medians of
``--runs`` runs and ratios to ours. ``--torch-python`` names the interpreter of an environment with
torch, torchvision, timm and pillow; without it PyTorch is left out. The photos are those of the
reference folder (``IC_TF_SDK_SHARED``, default ../shared), else drawn pictures; the backbone is its
MobileNetV2 1.0.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("IC_TF_SDK_SHARED", ROOT.parent / "shared"))
MODULE = SHARED / "weights" / "mobilenet_v2_100_224" / "feature_vector" / "1"
SMALL_MODULE = SHARED / "weights" / "mobilenet_v1_025_224" / "feature_vector" / "1"
# Images of the "pass", in whole batches.
PASSED = 400


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*COMPARED, *MEASURED])
    parser.add_argument("--images", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--epochs", type=int, nargs="+", default=[5])
    parser.add_argument("--pixels", type=int, nargs=2, help="enlarge the photos to this size")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--torch-python")
    given = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    MEASURED.get(given.what, compare)(given)
    print(f"load after: {os.getloadavg()[0]:.1f}")


def compare(given: argparse.Namespace) -> None:
    """Whole trainings of this package and of its peers."""
    names = [f"ours-{given.what}", f"keras-{given.what}"]
    names += [f"torch-{given.what}"] if given.torch_python and given.what != "augmented" else []
    for images in given.images:
        with tempfile.TemporaryDirectory() as scratch:
            folder = photos(Path(scratch) / "photos", images)
            enlarge(folder, given.pixels)
            module = described(Path(scratch) / "model")
            every = {}
            for epochs in given.epochs:
                found: dict[str, list[Any]] = {name: [] for name in names}
                for _ in range(given.runs):
                    for name in names:
                        found[name].append(run(name, folder, module, epochs, given.torch_python))
                report(f"{given.what}, {images} images, {epochs} epochs", found)
                every[epochs] = found
            if len(every) > 1:
                steady(every)


def photos(folder: Path, count: int) -> Path:
    """The first photos of each class, in all ``count``; drawn ones without the reference folder."""
    if not (SHARED / "flowers").is_dir():
        from ic_tf_sdk.sample_data import draw

        draw(directory=folder, images_per_class=count // 5)
        return folder
    for source in sorted((SHARED / "flowers" / "training").iterdir()):
        (folder / source.name).mkdir(parents=True)
        files = sorted(source.iterdir())
        for number in range(count // 5):
            # More than there are: the same photo again under another name.
            path, again = files[number % len(files)], number // len(files)
            target = folder / source.name / f"{again}-{path.name}"
            if again:
                os.link(folder / source.name / f"0-{path.name}", target)
            else:
                shutil.copyfile(path, target)
    return folder


def enlarge(folder: Path, size: list[int] | None) -> None:
    """Photos as large as a camera's, where their size is given."""
    from PIL import Image

    for path in folder.rglob("*.jpg") if size else ():
        with Image.open(path) as image:
            image.resize(tuple(size or ())).save(path, quality=90)


def described(folder: Path, module: Path = MODULE) -> Path:
    """The backbone as a model channel."""
    from ic_tf_sdk.contract.model_info import ModelInfo

    shutil.copytree(module, folder / "1")
    ModelInfo(
        kind="pretrained",
        model_id=module.parents[1].name,
        model_version="1.0.0",
        input_height=224,
        input_width=224,
        pixel_range="0..1",
    ).write(folder)
    return folder


def run(name: str, folder: Path, module: Path, epochs: int, torch_python: str | None) -> Any:
    """One peer's process; what it printed last."""
    python = torch_python if name.startswith("torch") else sys.executable
    # The peers know a bare SavedModel only.
    source = module if name.startswith("ours") else module / "1"
    command = [
        python,
        "-m",
        "benchmarks.training_peers",
        name,
        str(folder),
        str(source),
        str(epochs),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    # Modules are compiled once, as where Python is set up as it usually is.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def report(title: str, found: dict[str, list[Any]]) -> None:
    """A table of medians and of ratios to the first."""
    print(f"\n{title}")
    first: dict[str, float] = {}
    for name, runs in found.items():
        middle = {key: statistics.median(one[key] for one in runs) for key in runs[0]}
        first = first or middle
        ratios = f"{middle['training'] / first['training']:.2f} x"
        whole = f"{middle['process'] / first['process']:.2f} x"
        print(
            f"  {name:14} training {middle['training']:7.1f} s ({ratios})  process "
            f"{middle['process']:7.1f} s ({whole})  peak {middle['peak_gib']:.2f} GiB",
            flush=True,
        )


def steady(every: dict[int, dict[str, list[Any]]]) -> None:
    """What one more epoch takes: start and tracing left out."""
    fewest, most = min(every), max(every)
    first = None
    for name, runs in every[fewest].items():
        pairs = zip(runs, every[most][name], strict=True)
        more = statistics.median(long["training"] - short["training"] for short, long in pairs)
        first = first or more
        seconds = more / (most - fewest)
        print(f"  {name:14} one more epoch {seconds:.2f} s ({more / first:.2f} x)", flush=True)


def backbone_pass(given: argparse.Namespace) -> None:
    """The pass over a frozen backbone against its parts alone, in processor time per image.

    The parts are the folded graph on images that are there already, in batches of the same size,
    and TensorFlow's plain decoding and resizing.
    """
    import numpy as np
    import tensorflow as tf

    from ic_tf_sdk.specs.hyperparameters import parse
    from ic_tf_sdk.training.data import image_folder
    from ic_tf_sdk.training.feed import features
    from ic_tf_sdk.training.feed.batches import ImageExamples
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing
    from ic_tf_sdk.training.network import backbone
    from ic_tf_sdk.training.network.classifier import Classifier

    with tempfile.TemporaryDirectory() as scratch:
        folder = image_folder.describe(photos(Path(scratch) / "photos", PASSED))
        source = backbone.open_source(described(Path(scratch) / "model"))
        classifier = Classifier(source, 5, parse({"train_only_on_top": "True"}))
        folded = features.folded(classifier)
        images = ImageExamples(folder, Preprocessing(224, 224, "bilinear", "0..1"), False)
        encoded = [Path(path).read_bytes() for path in folder.paths()]
        size = features._batch_size()
        batch = tf.random.uniform((size, 224, 224, 3))
        decoded = tf.data.Dataset.from_tensor_slices(encoded).map(plain)
        rows = np.arange(len(images))
        measured = {
            "pass": lambda: list(features.passes(folded, images, rows, hashed=False)),
            "graph": lambda: [folded(batch) for _ in range(PASSED // size)],
            "decode": lambda: [None for _ in decoded],
        }
        found: dict[str, list[float]] = {name: [] for name in measured}
        for once in range(given.runs + 1):
            for name, measure in measured.items():
                started = time.process_time()
                measure()
                # The first time builds graphs and kernels.
                found[name] += [time.process_time() - started] if once else []
    whole, graph, bare = (1000 * statistics.median(found[name]) / PASSED for name in measured)
    ratio = whole / (graph + bare)
    print(f"pass {whole:.2f} ms, graph {graph:.2f} + decoding {bare:.2f} ms: {ratio:.2f} x")


def plain(content: Any) -> Any:
    """Decode and resize without a policy."""
    import tensorflow as tf

    return tf.image.resize(tf.io.decode_jpeg(content, channels=3), (224, 224))


def decode(given: argparse.Namespace) -> None:
    """Our decode and resize against TensorFlow's plain pair, in processor time per image."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    with tempfile.TemporaryDirectory() as scratch:
        folder = photos(Path(scratch) / "photos", 200)
        data = [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]
    ours = Preprocessing(224, 224, "bilinear", "0..1").load

    found: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(given.runs):
        for name, op in (("plain", plain), ("ours", ours)):
            dataset = tf.data.Dataset.from_tensor_slices(data).map(op)
            found[name].append(_processor_seconds(dataset))
    plain_ms, ours_ms = (1000 * statistics.median(found[name]) for name in ("plain", "ours"))
    print(f"decode and resize: plain {plain_ms:.2f} ms, ours {ours_ms:.2f} ms per image")


def _processor_seconds(dataset: Any) -> float:
    """Per image, without what an epoch takes to begin."""
    images = iter(dataset)
    next(images)
    started = time.process_time()
    count = sum(1 for _ in images)
    return (time.process_time() - started) / count


def memory(given: argparse.Namespace) -> None:
    """Peak memory of a frozen training against the number of images.

    With the smallest backbone, and a budget in proportion to its features, so that a hundred
    thousand images are far past it.
    """
    os.environ["FEATURE_BUDGET_BYTES"] = str(1 << 23)
    for images in given.images:
        with tempfile.TemporaryDirectory() as scratch:
            folder = photos(Path(scratch) / "photos", images)
            module = described(Path(scratch) / "model", SMALL_MODULE)
            one = run("ours-frozen", folder, module, 1, None)
            print(f"{images} images: {one['peak_gib']:.2f} GiB, {one['process']:.0f} s", flush=True)


def scan(given: argparse.Namespace) -> None:
    """The scan of headers and duplicates, to be set against one epoch's decoding."""
    from ic_tf_sdk.training.data import duplicates, image_folder, image_scan

    with tempfile.TemporaryDirectory() as scratch:
        folder = photos(Path(scratch) / "photos", 1000)
        found = []
        for _ in range(given.runs):
            started = time.perf_counter()
            described_folder = image_folder.describe(folder)
            image_scan.scan(described_folder)
            duplicates.duplicates({"training": described_folder})
            found.append(time.perf_counter() - started)
    print(f"scan of 1000 images: {1000 * statistics.median(found):.0f} ms")


COMPARED = ("frozen", "full", "augmented")
MEASURED: dict[str, Callable[[argparse.Namespace], None]] = {
    "pass": backbone_pass,
    "decode": decode,
    "memory": memory,
    "scan": scan,
}

if __name__ == "__main__":
    main()
