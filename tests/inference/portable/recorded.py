"""What TensorFlow's resizing gives of small pictures, for where it is not installed.

``python -m tests.inference.portable.recorded`` writes it anew.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

RECORD = Path(__file__).with_name("resized.json")

# Of one height and width to another: smaller, larger, the same, of one pixel, and of odd shares.
SIZES = (((7, 5), (4, 6)), ((3, 4), (8, 3)), ((5, 5), (5, 5)), ((1, 6), (3, 4)), ((13, 9), (3, 4)))


class Resized(NamedTuple):
    """A picture, and what became of it.

    Attributes:
        way: Of ``resize.WAYS``.
        picture: uint8 [height, width, 3].
        expected: float32 [height, width], its first colour resized.
    """

    way: str
    picture: Any
    expected: Any


def every() -> list[Resized]:
    """All that is recorded."""
    return [
        Resized(one["way"], three(one["picture"]), np.array(one["resized"], np.float32))
        for one in json.loads(RECORD.read_text())
    ]


def three(rows: list[list[int]]) -> Any:
    """A picture whose colours differ, of its first."""
    first = np.array(rows, np.uint8)
    return np.stack([first, 255 - first, first // 2], 2)


def main() -> None:
    """Ask TensorFlow."""
    from ic_tf_sdk.inference.portable.resize import WAYS
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    rng, found = np.random.default_rng(7), []
    for before, after in SIZES:
        rows = rng.integers(0, 256, before).tolist()
        for way in sorted(WAYS):
            resized = Preprocessing(*after, way, "0..255").resize(three(rows)).numpy()[..., 0]
            values = np.round(resized.astype(float), 3).tolist()
            found.append({"way": way, "picture": rows, "resized": values})
    lines = ",\n".join(json.dumps(one) for one in found)
    RECORD.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
