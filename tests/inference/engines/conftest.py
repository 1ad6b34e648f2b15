"""What ``ic-tf predict`` says of the images that the engines are asked about."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet
import pytest

from ic_tf_sdk.inference import batch, image_source
from ic_tf_sdk.inference.served_model import ServedModel

COPIES = 8


@pytest.fixture(scope="session")
def many(tiny_dataset: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 122 pictures, two of them broken; names as people have them."""
    root = tmp_path_factory.mktemp("many")
    for number in range(COPIES):
        for path in sorted(tiny_dataset.test.rglob("*.*")):
            shutil.copy(path, root / f"é {number} %20 #{path.name}")
    (root / "bad.png").write_text("no image")
    (root / "empty.jpg").touch()
    return root


@pytest.fixture(scope="session")
def one_process(
    model_tar_gz: Path, many: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Image -> its row of the Parquet file that one process writes."""
    out = tmp_path_factory.mktemp("one-process") / "out.parquet"
    model = ServedModel(model_tar_gz)
    form = batch.VERBOSE._replace(unknown=True)
    assert batch.write(model, image_source.find([str(many)]), out, form=form) == 2
    rows = pyarrow.parquet.read_table(out).to_pylist()
    return {row["image"]: row for row in rows}
