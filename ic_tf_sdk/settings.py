"""Where artifacts are looked for and what is served; set these names, or environment variables.

>>> from ic_tf_sdk import settings
>>> from ic_tf_sdk.specs.buckets import content_bucket
>>> settings.content_bucket = "my-bucket"
>>> content_bucket("us-west-2")
'my-bucket'
>>> settings.content_bucket = None

A name that is None defers to its environment variable, of which those with AWS are the SageMaker
SDK's own. It is read at each call:

- ``content_bucket``: ``AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE``. Everything comes from this bucket,
  where ``ic-tf publish`` has put it.
- ``model_bucket``: ``AWS_JUMPSTART_MODEL_BUCKET_OVERRIDE``. Model URIs alone.
- ``script_bucket``: ``AWS_JUMPSTART_SCRIPT_BUCKET_OVERRIDE``. Script URIs alone.
- ``max_pixels``: ``IC_TF_SDK_MAX_PIXELS``. The largest image that is predicted, 100,000,000 pixels
  unless it is said; at most 178,956,970. In SageMaker's container the variable alone counts.
- ``allowed_hosts``: ``IC_TF_SDK_ALLOWED_HOSTS``, with commas. Names besides its own under which
  ``ic-tf serve`` answers, as of a reverse proxy.
- ``endpoint_token``: ``IC_TF_SDK_ENDPOINT_TOKEN``, or the file that
  ``IC_TF_SDK_ENDPOINT_TOKEN_FILE`` names. Where there is one, local endpoints ask for it.
"""

__all__ = [
    "allowed_hosts",
    "content_bucket",
    "endpoint_token",
    "max_pixels",
    "model_bucket",
    "script_bucket",
]

content_bucket: str | None = None
model_bucket: str | None = None
script_bucket: str | None = None
max_pixels: int | None = None
allowed_hosts: tuple[str, ...] | None = None
endpoint_token: str | None = None
