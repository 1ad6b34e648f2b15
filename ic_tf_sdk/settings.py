"""Where artifacts are looked for; set these names, or the SageMaker SDK's own variables.

>>> from ic_tf_sdk import settings
>>> from ic_tf_sdk.specs.buckets import content_bucket
>>> settings.content_bucket = "my-bucket"
>>> content_bucket("us-west-2")
'my-bucket'
>>> settings.content_bucket = None

A name that is None defers to its environment variable, which is read at each call:

- ``content_bucket``: ``AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE``. Everything comes from this bucket,
  where ``ic-tf publish`` has put it.
- ``model_bucket``: ``AWS_JUMPSTART_MODEL_BUCKET_OVERRIDE``. Model URIs alone.
- ``script_bucket``: ``AWS_JUMPSTART_SCRIPT_BUCKET_OVERRIDE``. Script URIs alone.
"""

__all__ = ["content_bucket", "model_bucket", "script_bucket"]

content_bucket: str | None = None
model_bucket: str | None = None
script_bucket: str | None = None
