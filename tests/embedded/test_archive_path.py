"""Where the archives of the embedded model lie, and what is told of another."""

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.errors import UnknownModelError

MODEL_ID = "tensorflow-ic-embedded-formulanet-96"


def test_each_scope_has_its_archive() -> None:
    assert embedded.archive_path(MODEL_ID) == embedded.archive_path(MODEL_ID, "training")
    for scope, begin in (("training", "train"), ("inference", "infer")):
        path = embedded.archive_path(MODEL_ID, scope)  # type: ignore[arg-type]
        assert path.name == f"{begin}-{MODEL_ID}.tar.gz"
        assert path.is_file()


def test_another_id_is_told_the_nearest() -> None:
    with pytest.raises(UnknownModelError, match=MODEL_ID):
        embedded.archive_path("tensorflow-ic-embedded-formulanet")
