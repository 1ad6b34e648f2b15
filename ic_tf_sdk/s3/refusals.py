"""What AWS answers instead of what was asked for, turned into a sentence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.errors import IcTfSdkError, StorageError, UserError
from ic_tf_sdk.s3.uri import S3Uri

__all__ = ["READING", "answer_of", "refusal_code", "sentences"]

READING = (
    "It takes s3:ListBucket on the bucket and s3:GetObject on its objects, to write s3:PutObject."
)
"""Which permissions the package needs of a bucket that it does not publish to."""

_SIGN_IN = (
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "
    "`aws sso login`; `aws sts get-caller-identity` shows whether it worked."
)
_REFUSED_CREDENTIALS = frozenset((
    "AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId",
    "InvalidClientTokenId", "InvalidToken", "RequestExpired", "RequestTimeTooSkewed",
    "SignatureDoesNotMatch", "TokenRefreshRequired", "UnrecognizedClientException",
))  # fmt: skip
_ELSEWHERE = frozenset((
    "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect",
    "TemporaryRedirect",
))  # fmt: skip
# Names of botocore.exceptions.
_NO_CREDENTIALS = (
    "ConfigParseError", "CredentialRetrievalError", "NoAuthTokenError", "NoCredentialsError",
    "PartialCredentialsError", "ProfileNotFound", "SSOError", "TokenRetrievalError",
)  # fmt: skip
_NO_ANSWER = ("ConnectionError", "HTTPClientError")


@contextmanager
def sentences(subject: S3Uri | str, *, permissions: str = READING) -> Iterator[None]:
    """Turn what boto3 raises inside into an error of this package.

    Args:
        subject: The URI that is asked for; of another service, what did not succeed.
        permissions: Sentence that says which permissions a denied access needs.

    Raises:
        StorageError: AWS refused or is not there, or a file could not be read or written; the text
            says what to do next, and ``.kind`` of which kind it is.
        UserError: No object is under the key.
    """
    try:
        yield
    except IcTfSdkError:
        raise
    except OSError as error:
        raise StorageError(f"{subject}: {error}") from error
    except Exception as error:
        refusal = _error(error, subject, permissions)
        if refusal is None:
            raise
        raise refusal from error


def answer_of(error: Exception) -> Mapping[str, Any] | None:
    """What AWS answered, of an error that boto3 raised for it; None of any other.

    Args:
        error: What was raised inside ``sentences``. Of a waiter the answer is the last one, which
            may describe what was waited for; of a refusal it has an ``Error`` with its ``Code``.
    """
    exceptions = extras.load("botocore.exceptions")
    if isinstance(error, exceptions.ClientError):
        return dict(error.response)
    if isinstance(error, exceptions.WaiterError):
        return dict(error.last_response)
    return None


def refusal_code(error: Exception) -> str:
    """The code of what AWS refused, such as ``"ResourceNotFound"``; "" of any other error.

    Args:
        error: What was raised inside ``sentences``.
    """
    answer = answer_of(error) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def _error(error: Exception, subject: S3Uri | str, permissions: str) -> IcTfSdkError | None:
    """The error of this package for one of boto3's; None for any other."""
    exceptions = extras.load("botocore.exceptions")
    if isinstance(error, extras.load("boto3.exceptions").Boto3Error):
        # A transfer's error holds the refusal as text only.
        context = error.__context__
        if not isinstance(context, exceptions.ClientError | exceptions.BotoCoreError):
            return StorageError(f"{subject}: {_line(error)}")
        error = context
    if isinstance(error, exceptions.WaiterError) and "Error" in error.last_response:
        error = exceptions.ClientError(error.last_response, error.kwargs["name"])
    if isinstance(error, exceptions.ClientError):
        return _refused(error, subject, permissions)
    if isinstance(error, exceptions.BotoCoreError):
        return _not_asked(error, subject)
    return None


def _refused(error: Any, subject: S3Uri | str, permissions: str) -> IcTfSdkError:
    """The sentence for an answer of AWS."""
    code = error.response.get("Error", {}).get("Code", "")
    if code in _REFUSED_CREDENTIALS:
        text = f"AWS does not accept the credentials ({code}). {_SIGN_IN}"
        return StorageError(text, kind="credentials")
    if isinstance(subject, S3Uri):
        return _refused_by_s3(error, code, subject, permissions)
    denied = code.startswith("AccessDenied") and permissions != READING
    needed = f" {permissions}" if denied else ""
    return StorageError(f"{subject}: {_line(error)}{needed}", kind="denied" if denied else "other")


def _refused_by_s3(error: Any, code: str, uri: S3Uri, permissions: str) -> IcTfSdkError:
    answer = error.response["ResponseMetadata"]
    status = answer["HTTPStatusCode"]
    # An answer to HEAD has a status for a code.
    if code == "NoSuchKey" or (code == "404" and error.operation_name == "HeadObject"):
        return UserError(f"No object is at {uri}.")
    if code in ("NoSuchBucket", "404"):
        text = f"There is no bucket {uri.bucket!r} (NoSuchBucket). Create it, or correct its name."
        return StorageError(text, kind="bucket")
    if status in (301, 307) or code in _ELSEWHERE:
        region = answer.get("HTTPHeaders", {}).get("x-amz-bucket-region", "another than asked for")
        return StorageError(
            f"The bucket {uri.bucket!r} is in region {region}; name that region (--region where "
            "the command has it, else AWS_DEFAULT_REGION).",
            kind="region",
        )
    if code == "InvalidObjectState":
        return StorageError(f"{uri} lies in an archive (S3 Glacier); restore the object first.")
    if status in (401, 403):
        return StorageError(f"Access to {uri} is denied. {permissions}", kind="denied")
    return StorageError(f"{uri}: {_line(error)}")


def _not_asked(error: Exception, subject: S3Uri | str) -> StorageError:
    """The sentence for a request that did not reach AWS."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if not names.isdisjoint(_NO_CREDENTIALS):
        text = f"There are no usable AWS credentials ({_line(error)}). {_SIGN_IN}"
        return StorageError(text, kind="credentials")
    if not names.isdisjoint(_NO_ANSWER):
        return StorageError(
            f"{subject}: {_line(error)} Check the network, AWS_DEFAULT_REGION and "
            "AWS_ENDPOINT_URL.",
            kind="unreachable",
        )
    if "NoRegionError" in names:
        text = f"{subject}: no AWS region is set; name one (--region), or set AWS_DEFAULT_REGION."
        return StorageError(text)
    return StorageError(f"{subject}: {_line(error)}")


def _line(error: Exception) -> str:
    """An error's text on one line, with a full stop."""
    return f"{' '.join(str(error).split()).rstrip('.')}."
