"""From nothing to a fine-tuned, further trained, exported and queried image classifier.

Run by ``make demo``. It needs no download and no account: the pictures are drawn here, and the
backbone's weights lie in a package of the registry (the extra ``imagenet``). Without that extra it
is the small one that this package ships.
"""

import itertools
import json
import time
from pathlib import Path

from ic_tf_sdk import sample_data
from ic_tf_sdk.embedded import MODEL_IDS
from ic_tf_sdk.inference import LocalPredictor
from ic_tf_sdk.launch import LocalEstimator

# Pictures of each class: some to begin with, more that come in later, and some held out. What has
# learned nothing yet needs but a few to find its classes.
PICTURES = {"few": 4, "first": 40, "more": 60, "test": 30}

SETTINGS = {"train_only_on_top": "True", "epochs": 10, "learning_rate": 0.003}

EMBEDDED = MODEL_IDS[0]


def main() -> None:
    """Run the demonstration and print its table."""
    started = time.perf_counter()
    root = free_folder(Path("demo"))
    print(f"1. Drawing pictures of five classes in {root}/pictures")
    for seed, (part, count) in enumerate(PICTURES.items()):
        sample_data.draw(directory=root / "pictures" / part, images_per_class=count, seed=seed)

    print("\n2. The pretrained backbone with a classification layer that has learned nothing yet")
    before = fit(root, "untrained", None, "few", {"learning_rate": 0, "epochs": 1})

    print("\n3. Fine-tuning its classification layer on first/")
    first = fit(root, "fine-tuned", None, "first", {})

    print("\n4. Incremental training of the result on more/")
    second = fit(root, "trained-further", first[0].model_data, "more", {"learning_rate": 0.001})

    print("\n5. Classifying single pictures of test/ with the exported model")
    predict(second[0].model_data, root / "pictures" / "test")

    print(f"\n{'':28}{'test accuracy':>14}{'seconds':>10}  artifact")
    for name, (estimator, seconds) in (
        ("before training", before), ("after fine-tuning", first), ("after incremental training",
        second),
    ):  # fmt: skip
        accuracy = test_accuracy(estimator)
        print(f"{name:28}{accuracy:>14.3f}{seconds:>10.1f}  {estimator.model_data}")
    print(f"\nAll of it took {time.perf_counter() - started:.0f} seconds.")
    if first[0].model_id == EMBEDDED:
        print(
            "The embedded backbone has only seen pictures drawn by formulas: it lets you start "
            "without a download, and is no substitute for ImageNet weights (the extra imagenet)."
        )
    model = second[0].model_data
    picture = min((root / "pictures" / "test").rglob("*.jpg"))
    print(f"\nNext:\n  ic-tf predict {model} {picture}\n  ic-tf serve {model}")
    print(f"  ic-tf fit {root}/pictures/more --model {model} --output {root}/further")


def free_folder(folder: Path) -> Path:
    """The folder, or the first of demo-2, demo-3, … that does not exist yet."""
    others = (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([folder], others) if not path.exists())


def fit(
    root: Path, name: str, earlier: str | None, images: str, settings: dict[str, object]
) -> tuple[LocalEstimator, float]:
    """Train, test on the held-out pictures, and return the estimator and its seconds."""
    started = time.perf_counter()
    # Without model_id and model_uri the best backbone that is at hand.
    estimator = LocalEstimator(
        model_uri=earlier,
        hyperparameters=SETTINGS | settings,
        output_path=root,
    )
    pictures = root / "pictures"
    estimator.fit({"training": pictures / images, "test": pictures / "test"}, job_name=name)
    return estimator, time.perf_counter() - started


def test_accuracy(estimator: LocalEstimator) -> float:
    """What the last job measured on the held-out pictures, as SageMaker would show it."""
    metrics = estimator.latest_training_job.describe()["FinalMetricDataList"]
    return next(item["Value"] for item in metrics if item["MetricName"] == "test:accuracy")


def predict(model: str, images: Path) -> None:
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
