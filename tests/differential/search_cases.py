"""Filters that both sides list models by. Standard library only, as cases.py."""

import itertools
from collections.abc import Iterator
from typing import Any

SEARCHES = (
    *("task == ic", "framework == tensorflow", "task == od", "framework != tensorflow"),
    *(
        "model_id includes mobilenet",
        "model_id begins with tensorflow-ic-bit",
        "task in ['ic', 'od']",
    ),
    *("model_id ends with 224", "model_id not includes imagenet", "training_supported == true"),
    *("training_supported is not true", "default_training_instance_type == ml.p3.2xlarge"),
    *(
        "supported_training_instance_types includes ml.g5.xlarge",
        "task not in ['ic']",
        "version == 4.0.2",
    ),
    *("supported_training_instance_types contains ml.nothing", "version in 4.0.2, 2.0.2"),
    *("deprecated == false", "resource_name_base starts with swin", "url includes sayakpaul"),
    *(
        "no_such_key == 3",
        "task",
        "a.b == c",
        "url in 3",
        "hosting_prepacked_artifact_version == 1.0.0",
    ),
)


def search(*, full: bool) -> Iterator[dict[str, Any]]:
    """Arguments of ``list_jumpstart_models``: a filter; a list begins with And, Or or Not.

    The SDK reads every spec for each filter that the manifest cannot decide: half a second each.
    """
    for text in SEARCHES if full else SEARCHES[::3]:
        yield {"filter": text}
    for one, two in itertools.combinations(SEARCHES[: 12 if full else 3], 2):
        yield {"filter": ["And", one, two]}
        yield {"filter": ["Or", one, ["Not", two]]}
    yield {}
