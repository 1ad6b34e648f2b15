"""How jobs are called, here and on SageMaker."""

import secrets
from datetime import datetime, timezone

__all__ = ["base_name", "job_name"]

# 63 characters less the SDK's "-2026-11-22-19-13-05-123".
_BASE_NAME = 36


def job_name(base: str) -> str:
    """A job name that no other job has: the base, the time in UTC and six random digits.

    Args:
        base: At most 36 characters, so that the SDK's own ending fits as well.
    """
    return f"{base}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def base_name(model_id: str) -> str:
    """How a model's jobs are called: the id without the beginning that all have, cut to size.

    Args:
        model_id: Of the catalogue.
    """
    return model_id.removeprefix("tensorflow-ic-")[:_BASE_NAME].strip("-")
