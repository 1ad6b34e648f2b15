"""Which bucket holds what: AWS's public ones, or your own."""

import os

from ic_tf_sdk import settings

__all__ = ["content_bucket", "model_bucket", "overrides_content", "script_bucket"]


def overrides_content() -> bool:
    """Whether all content comes from a bucket of one's own."""
    return bool(_override("content"))


def content_bucket(region: str) -> str:
    """The bucket of the catalogue and of everything that no other setting moves.

    >>> content_bucket("us-west-2")
    'jumpstart-cache-prod-us-west-2'

    Args:
        region: An AWS region where JumpStart is launched; without meaning for one's own bucket.
    """
    return _override("content") or f"jumpstart-cache-prod-{region}"


def model_bucket(region: str) -> str:
    """The bucket of model archives.

    >>> model_bucket("us-west-2")
    'jumpstart-cache-prod-us-west-2'

    Args:
        region: As for :func:`content_bucket`.
    """
    return _override("model") or content_bucket(region)


def script_bucket(region: str) -> str:
    """The bucket of script archives.

    >>> script_bucket("us-west-2")
    'jumpstart-cache-prod-us-west-2'

    Args:
        region: As for :func:`content_bucket`.
    """
    return _override("script") or content_bucket(region)


def _override(kind: str) -> str | None:
    setting: str | None = getattr(settings, f"{kind}_bucket")
    return setting or os.environ.get(f"AWS_JUMPSTART_{kind.upper()}_BUCKET_OVERRIDE") or None
