"""A publication that is killed at a random moment is completed by the same command."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.content import buckets
from tests.kills.disturbance import SEED, disturb
from tests.launch.local.disturbed import IC_TF, Place, gone


def published(s3: Any, bucket: str) -> dict[str, int]:
    """Key -> size of each object; there is no upload that was begun and not ended."""
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_a_killed_publication_is_completed(
    number: int, aws: str, s3: Any, wheels: Path, tmp_path: Path
) -> None:
    place = Place(tmp_path, tmp_path, tmp_path)
    names = [buckets.make(s3, f"kills-{number}-{kind}") for kind in ("whole", "killed")]
    commands = [[*IC_TF, "publish", "--bucket", name, "--wheels", str(wheels)] for name in names]
    whole = place.run(commands[0])
    assert whole.returncode == 0, whole.stdout
    story = disturb(place, commands[1], 10, random.Random(SEED + number))
    done = place.run(commands[1])
    assert done.returncode == 0, f"{story}\n{done.stdout}"
    assert gone(place)
    assert published(s3, names[0]) == published(s3, names[1]), story
    assert place.left() == []
    for name in names:
        buckets.remove(s3, name)
