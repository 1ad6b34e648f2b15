"""Numbers that the pages promise are those of the code, by the sentence that each stands in."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = "docs/guides"


def said(page: str) -> str:
    """The text of a page, in one line."""
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


def _endings() -> list[str]:
    from ic_tf_sdk.cli import serve

    return [f"what is open is answered, for up to {serve._GRACE_SECONDS} seconds"]


def _maps() -> list[str]:
    from ic_tf_sdk.inference import heat_map
    from ic_tf_sdk.inference.endpoint import explanations

    return [
        f"no longer than {explanations.EXPLANATION_SECONDS:g} seconds",
        f"over {heat_map._COPIES} noisy copies",
        f"less the {heat_map._FLOOR} of the greatest value",
    ]


def _batches() -> list[str]:
    from ic_tf_sdk.inference.endpoint import micro_batcher

    return {8: ["a call of up to eight images"]}[micro_batcher.MAX_BATCH_SIZE]


def _reads() -> list[str]:
    from ic_tf_sdk.inference.engines import worker

    return {8: ["reads a few images at a time, eight at once"]}[worker._READS_AT_ONCE]


def _features() -> list[str]:
    from ic_tf_sdk.launch.local import backbone_trial
    from ic_tf_sdk.training.feed import store_place

    return [
        f"It has {store_place.MOST_BYTES / 1e9:g} GB at most",
        f"the fastest of {backbone_trial._CALLS} calls",
    ]


def _server() -> list[str]:
    from ic_tf_sdk.training.tracking import tracked_run

    end, failing = tracked_run._END_SECONDS, tracked_run._FAILING_SECONDS
    assert tracked_run._MEGABYTE_SECONDS == 1
    more = "seconds and one more for each megabyte of the model, one that fails"
    return [f"gets {end:g} {more} {failing:g};"]


def _pictures() -> list[str]:
    from ic_tf_sdk.launch.local.importing import conversion

    return [f"become JPEG of quality {conversion._QUALITY}"]


def _onnx() -> list[str]:
    from ic_tf_sdk.inference.convert import onnx_model

    return [f"ONNX (opset {onnx_model.OPSET})"]


def _unsure() -> list[str]:
    from ic_tf_sdk.launch.local import to_label

    return {10: ["Of all pictures the ten times N with the smallest"]}[to_label.CANDIDATES]


def _hints() -> list[str]:
    from ic_tf_sdk.training.results import hints

    assert (hints._FALL, hints._FEW_IMAGES) == (0.01, 10)
    assert (hints._SUSPECTS, hints._SUSPECT_SHARE) == (5, 1 / 25)
    return [
        "fell by more than a hundredth in the last",
        "has fewer than ten training images",
        "At least five images, and one of 25,",
    ]


def _silence() -> list[str]:
    from ic_tf_sdk.launch.local.display import plain

    return {4.0: ["after four silent seconds"]}[plain._SECONDS_SILENT]


@pytest.mark.parametrize(
    ("page", "sentences"),
    [
        (f"{GUIDES}/service.md", _endings),
        (f"{GUIDES}/where-the-model-looks.md", _maps),
        (f"{GUIDES}/serve.md", _batches),
        (f"{GUIDES}/predict-on-many-machines.md", _reads),
        (f"{GUIDES}/choose-a-model.md", _features),
        (f"{GUIDES}/track.md", _server),
        (f"{GUIDES}/import-data.md", _pictures),
        (f"{GUIDES}/convert.md", _onnx),
        (f"{GUIDES}/correct.md", _unsure),
        (f"{GUIDES}/better-models.md", _hints),
        (f"{GUIDES}/ci.md", _silence),
    ],
    ids=lambda one: one.rpartition("/")[2] if isinstance(one, str) else "",
)
def test_a_number_of_a_page_is_that_of_the_code(
    page: str, sentences: Callable[[], list[str]]
) -> None:
    text = said(page)
    assert [one for one in sentences() if one not in text] == []
