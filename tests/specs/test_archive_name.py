"""An archive is written and looked for under one name, which an alias shares with its model."""

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.specs.archive_name import archive_name


@pytest.mark.parametrize(
    ("model_id", "owner"),
    [
        ("tensorflow-ic-embedded-formulanet-96", "tensorflow-ic-embedded-formulanet-96"),
        (
            "tensorflow-ic-imagenet-resnet-50-classification-4",
            "tensorflow-ic-resnet-50-classification-1",
        ),
    ],
)
def test_an_alias_has_the_archives_of_its_model(model_id: str, owner: str) -> None:
    spec = specs.get(model_id)
    assert archive_name(spec, "training") == f"train-{owner}.tar.gz"
    assert archive_name(spec, "inference") == f"infer-{owner}.tar.gz"
