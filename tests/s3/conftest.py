"""S3 in trouble."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.s3 import troubles
from tests.s3.troubles import Trouble


@pytest.fixture(params=troubles.ALL)
def trouble(
    request: pytest.FixtureRequest, aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trouble]:
    """Each trouble in turn; the environment leads into it."""
    # It keeps the credentials that it saw first.
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with troubles.ALL[request.param](aws, monkeypatch) as one:
        yield one
