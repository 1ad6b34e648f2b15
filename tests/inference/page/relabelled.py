"""A model of other class names, which no folder could have."""

import shutil
from pathlib import Path

from ic_tf_sdk.contract import model_info, output_files

# Markup; a formula, a command to turn the direction, a line break and Hebrew; 301 characters.
ODD = (
    "<img src=x onerror=alert(1)><b>",
    "=a\u202eb\nc \u05d0\u05d1\u05d2",
    "@" + "long name " * 30,
)


def relabelled(folder: Path, target: Path, labels: tuple[str, ...]) -> Path:
    """A copy of an unpacked model with these labels, and a description that fits."""
    shutil.copytree(folder, target)
    info = model_info.read(target)
    assert info is not None
    assert info.fine_tuning is not None
    output_files.write_json(target / "1" / "assets" / "labels.json", list(labels))
    output_files.write_json(target / output_files.LABELS_FILE, output_files.label_index(labels))
    tuned = info.fine_tuning.model_copy(update={"labels": labels})
    named = info.model_copy(update={"model_id": labels[0], "fine_tuning": tuned})
    (target / model_info.FILE_NAME).unlink()
    named.recording(target).write(target)
    return target
