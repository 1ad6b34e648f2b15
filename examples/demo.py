"""From nothing to a fine-tuned, further trained, exported and queried image classifier.

Run by ``make demo``. It needs no download and no account: the pictures are drawn here, and the
backbone is the one that the package ships.
"""

import itertools
import json
import time
from pathlib import Path

from ic_tf_sdk import sample_data
from ic_tf_sdk.embedded import MODEL_IDS
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.launch.local.request import request

# Pictures of each class: a few to begin with, more that come in later, and some held out.
PICTURES = {"first": 50, "more": 100, "test": 50}

SETTINGS = {"train_only_on_top": "True", "epochs": 10, "learning_rate": 0.003}


def main() -> None:
    """Run the demonstration and print its table."""
    started = time.perf_counter()
    root = free_folder(Path("demo"))
    print(f"1. Drawing pictures of five classes in {root}/pictures")
    for seed, (part, count) in enumerate(PICTURES.items()):
        sample_data.draw(directory=root / "pictures" / part, images_per_class=count, seed=seed)

    print(f"\n2. The embedded backbone {MODEL_IDS[0]} before any training")
    before = fit(root, "untrained", MODEL_IDS[0], "first", {"learning_rate": 0, "epochs": 1})

    print("\n3. Fine-tuning its classification layer on first/")
    first = fit(root, "fine-tuned", MODEL_IDS[0], "first", {})

    print("\n4. Incremental training of the result on more/")
    second = fit(root, "trained-further", first[0].model_data, "more", {"learning_rate": 0.001})

    print("\n5. Classifying single pictures of test/ with the exported model")
    predict(second[0].model_data, root / "pictures" / "test")

    print(f"\n{'':28}{'test accuracy':>14}{'seconds':>10}  artifact")
    for name, (job, seconds) in (
        ("before training", before), ("after fine-tuning", first), ("after incremental training",
        second),
    ):  # fmt: skip
        accuracy = job.history.test["accuracy"]
        print(f"{name:28}{accuracy:>14.3f}{seconds:>10.1f}  {job.model_data}")
    print(f"\nAll of it took {time.perf_counter() - started:.0f} seconds.")
    print(
        "The embedded backbone has only seen pictures drawn by formulas: it lets you start without "
        "a download, and is no substitute for ImageNet weights."
    )


def free_folder(wanted: Path) -> Path:
    """The wanted folder, or the first of demo-2, demo-3, … that does not exist yet."""
    others = (wanted.with_name(f"{wanted.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([wanted], others) if not path.exists())


def fit(
    root: Path, name: str, model: str | Path, images: str, settings: dict[str, object]
) -> tuple[LocalJob, float]:
    """Train, test on the held-out pictures, and return the job and its seconds."""
    started = time.perf_counter()
    wanted = request(
        model=model,
        training=root / "pictures" / images,
        test=root / "pictures" / "test",
        hyperparameters=SETTINGS | settings,
    )
    job = local_job.run(wanted, output=root / name, on_line=lambda line: print(f"   {line}"))
    return job, time.perf_counter() - started


def predict(model: Path, images: Path) -> None:
    """Send one picture of each class to the model, as an endpoint would be sent it."""
    predictor = LocalPredictor(model)
    headers = {"ContentType": "application/x-image", "Accept": "application/json;verbose"}
    for folder in sorted(images.iterdir()):
        picture = min(folder.iterdir())
        answer = json.loads(predictor.predict(picture.read_bytes(), headers))
        probability = max(answer["probabilities"])
        print(f"   {folder.name}/{picture.name}: {answer['predicted_label']} ({probability:.2f})")


if __name__ == "__main__":
    main()
