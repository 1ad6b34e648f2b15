"""The one door to S3: URIs, the client, and each refusal turned into a sentence.

Nothing else of the package imports boto3 or botocore; what is sent to SageMaker with boto3 alone
goes through :func:`service` too. ::

    uri = s3.parse("s3://my-bucket/flowers/")
    client = s3.Client()
    for entry in client.entries(uri):
        print(entry.uri, entry.size)
    client.fetch(uri, Path("flowers"))

It is not part of the interface.
"""

from ic_tf_sdk.s3.client import Client, Entry, partition, service
from ic_tf_sdk.s3.refusals import answer_of, refusal_code, sentences
from ic_tf_sdk.s3.uri import (
    S3Uri,
    bucket_name,
    bucket_problem,
    is_uri,
    parse,
    problem,
    require_local,
)

__all__ = [
    "Client",
    "Entry",
    "S3Uri",
    "answer_of",
    "bucket_name",
    "bucket_problem",
    "is_uri",
    "parse",
    "partition",
    "problem",
    "refusal_code",
    "require_local",
    "sentences",
    "service",
]
