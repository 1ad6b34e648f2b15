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
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks import record
from ic_tf_sdk.launch.local.model_source import locate
from ic_tf_sdk.training.data import image_folder
from ic_tf_sdk.training.feed.feature_store import FeatureStore
from ic_tf_sdk.training.feed.folder_features import folder_features

SEEDS = (11, 12, 13)


Found = tuple[dict[str, object], tuple[float, float]]


def run(photos: Path, models: list[str], cache: Path, *more: str) -> Found:
    """One call of the command: what it printed as JSON, and its wall and processor time."""
    line = [sys.executable, "-m", "ic_tf_sdk", "select", str(photos), "--json", *more]
    line += [word for model in models for word in ("-m", model)]
    environment = {**os.environ, "IC_TF_SDK_FEATURE_CACHE": str(cache)}
    started, before = time.perf_counter(), os.times()
    done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return json.loads(done.stdout), (time.perf_counter() - started, used)


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
    record.option(parser)
    given = parser.parse_args()
    table = record.Table(
        "Choosing",
        "`ic-tf select`",
        *("", "wall s", "processor s"),
        about="With an empty feature cache each model alone, all of them by one call, and the same "
        "once more.",
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate(given.models):
            _, took = run(given.photos, [model], Path(folder) / str(number))
            table.add(f"{Path(model).name}, alone", *took)
        cache = Path(folder) / "all"
        page = ["--page", str(given.page)] if given.page else []
        found, took = run(given.photos, given.models, cache, *page)
        table.add("all", *took)
        again, took = run(given.photos, given.models, cache)
        table.add("all, again", *took)
        other = {model: independent(given.photos, model, cache) for model in given.models}
    order = record.Table(
        "Choosing",
        "The order that `ic-tf select` finds",
        *("backbone", "accuracy, ± SE", "against the best, ± SE", "scikit-learn", "ms per image"),
        about="scikit-learn's logistic regression in five stratified folds, the mean of three "
        "seeds.",
    )
    for one in found["candidates"]:  # type: ignore[attr-defined]
        apart = one["against_best"]
        order.add(
            Path(one["model"]).name,
            f"{one['accuracy']:.3f} ± {one['standard_error']:.3f}",
            f"{apart['accuracy']:+.3f} ± {apart['standard_error']:.3f}",
            f"{other[one['model']]:.3f}",
            one["milliseconds"],
        )
    said = pairs(found["candidates"], other)  # type: ignore[arg-type]
    same = "the same" if found == again else "OTHER answers"
    record.keep(given, table, order, note=f"Asked again it gives {same}. {said}")


def pairs(candidates: list[dict[str, float]], other: dict[str, float]) -> str:
    """How each pair's order compares with scikit-learn's."""
    found = []
    for a, b in combinations(candidates, 2):
        step = a["accuracy"] - b["accuracy"]
        error = (a["standard_error"] ** 2 + b["standard_error"] ** 2) ** 0.5
        agrees = step * (other[a["model"]] - other[b["model"]]) > 0
        found.append("a tie" if abs(step) <= 2 * error else ("agrees" if agrees else "DISAGREES"))
    counts = Counter(found)
    return f"Pairs: {', '.join(f'{counts[one]} {one}' for one in sorted(counts))}."


if __name__ == "__main__":
    main()
