"""Whether ``select`` orders backbones as an independent measurement does, and what it takes.

    python -m benchmarks.select PHOTOS MODEL [MODEL ...] [--page FILE]

PHOTOS is a folder of class folders. With an empty feature cache of its own: each model alone, each
in a process of its own; all of them by ``ic-tf select``; the same once more. Then scikit-learn's
logistic regression on standardised features, in five stratified folds of three other seeds: pairs
further apart than two standard errors must come in the same order.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np

from ic_tf_sdk.launch.local.model_source import locate
from ic_tf_sdk.training.data import image_folder
from ic_tf_sdk.training.feed.feature_store import FeatureStore
from ic_tf_sdk.training.feed.folder_features import folder_features

SEEDS = (11, 12, 13)


def run(photos: Path, models: list[str], cache: Path, *more: str) -> tuple[dict[str, object], str]:
    """One call of the command: what it printed as JSON, and its wall and processor time."""
    line = [sys.executable, "-m", "ic_tf_sdk", "select", str(photos), "--json", *more]
    line += [word for model in models for word in ("-m", model)]
    environment = {**os.environ, "IC_TF_SDK_FEATURE_CACHE": str(cache)}
    started, before = time.perf_counter(), os.times()
    done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return json.loads(done.stdout), f"{time.perf_counter() - started:.1f} s, processor {used:.1f} s"


def independent(photos: Path, model: str, cache: Path) -> float:
    """scikit-learn's accuracy, the mean over the seeds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folder = image_folder.describe(photos)
    features = folder_features(locate(model).path, folder, store=FeatureStore(cache)).features
    layer = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    scores = [
        cross_val_score(
            layer,
            features.astype(np.float64),
            np.asarray(folder.classes),
            cv=StratifiedKFold(5, shuffle=True, random_state=seed),
        ).mean()
        for seed in SEEDS
    ]
    return float(np.mean(scores))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate(given.models):
            _, took = run(given.photos, [model], Path(folder) / str(number))
            print(f"alone   {model}: {took}", flush=True)
        cache = Path(folder) / "all"
        page = ["--page", str(given.page)] if given.page else []
        found, took = run(given.photos, given.models, cache, *page)
        print(f"all     {took}", flush=True)
        again, took = run(given.photos, given.models, cache)
        print(f"again   {took}; the same: {found == again}", flush=True)
        other = {model: independent(given.photos, model, cache) for model in given.models}
    for one in found["candidates"]:  # type: ignore[attr-defined]
        apart = one["against_best"]
        print(
            f"{one['model']}: {one['accuracy']:.3f} ± {one['standard_error']:.3f}, scikit-learn "
            f"{other[one['model']]:.3f}; against the best {apart['accuracy']:+.3f} ± "
            f"{apart['standard_error']:.3f}; {one['milliseconds']:.1f} ms"
        )
    for a, b in combinations(found["candidates"], 2):  # type: ignore[call-overload]
        step = a["accuracy"] - b["accuracy"]
        error = (a["standard_error"] ** 2 + b["standard_error"] ** 2) ** 0.5
        agrees = step * (other[a["model"]] - other[b["model"]]) > 0
        said = "a tie" if abs(step) <= 2 * error else ("agrees" if agrees else "DISAGREES")
        print(f"{a['model']} over {b['model']}: {said}")


if __name__ == "__main__":
    main()
