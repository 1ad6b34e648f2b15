"""The place of something in S3, as text and taken apart."""

import re
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk.errors import UserError

__all__ = ["S3Uri", "bucket_name", "bucket_problem", "is_uri", "parse", "problem", "require_local"]

# Buckets of the first years may have what is refused for new ones: capitals, "_", 255 letters.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")

# Of every bucket that could be made in the last years, and of an access point's alias.
_NEW_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+", re.ASCII)
_RESERVED = ("xn--", "sthree-")
# What no URI of SageMaker's API may have: the "." of its patterns stands for none of them.
_LINE_BREAK = re.compile(r"[\n\r\x85\u2028\u2029]")


class S3Uri(NamedTuple):
    """The place of an object, or of all objects whose keys begin with it.

    Attributes:
        bucket: The bucket's name.
        key: The key, or the beginning of keys; "" is the whole bucket.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def as_folder(self) -> "S3Uri":
        """The same with ``/`` at its end, which keeps neighbours of a longer name out."""
        if not self.key or self.key.endswith("/"):
            return self
        return self.below("/")

    def below(self, name: str) -> "S3Uri":
        """What begins with this URI and goes on with ``name``."""
        return S3Uri(self.bucket, self.key + name)


def is_uri(location: str | Path) -> bool:
    """Whether a location means S3, also where a path has lost one of the slashes of ``s3://``."""
    return str(location)[:4].lower() == "s3:/"


def parse(location: str | Path) -> S3Uri:
    """Take an S3 URI apart.

    Args:
        location: ``s3://bucket/key``, or the path ``s3:/bucket/key`` that pathlib makes of it.

    Raises:
        UserError: It is no S3 URI, or no bucket's name is in it.
    """
    text = str(location)
    if not is_uri(text):
        raise UserError(f"{text!r} is not an S3 URI; it is like s3://bucket/folder/.")
    bucket, _, key = text[4:].removeprefix("/").partition("/")
    if not bucket:
        raise UserError(f"{text!r} names no bucket; write s3://bucket/prefix.")
    uri = S3Uri(bucket_name(bucket), key)
    # A text may be handed on to AWS as it is.
    if isinstance(location, str) and not text.startswith("s3://"):
        raise UserError(f"{text!r} must begin with s3://. Did you mean {str(uri)!r}?")
    return uri


def problem(text: str, *, folder: bool = False) -> str | None:
    """What speaks against handing a text on to SageMaker as an S3 URI; None where nothing does.

    Args:
        text: What was typed.
        folder: Whether it names a folder of class folders, whose URI must end in ``/``.
    """
    try:
        uri = parse(text)
    except UserError as error:
        return str(error)
    if reason := bucket_problem(uri.bucket):
        return reason
    if _LINE_BREAK.search(text):
        return f"{text!r} has a line break, which SageMaker takes in no URI; rename the object."
    if folder and uri != uri.as_folder():
        return f"{uri} must end in '/': else its last name is taken for a class or cut off."
    return None


def bucket_problem(name: str) -> str | None:
    """What speaks against a bucket's name where SageMaker is to use it; None where nothing does.

    Args:
        name: The name, or an access point's alias.
    """
    legal = _NEW_BUCKET.fullmatch(name) and ".." not in name and not _ADDRESS.fullmatch(name)
    if legal and not name.startswith(_RESERVED):
        return None
    return (
        f"{name!r} can be no bucket's name: it has 3 to 63 small letters, digits, '.' and '-', "
        "begins and ends with a letter or digit, has no '..', is no IP address and does not begin "
        "with xn-- or sthree- (without s3:// and /; an access point is named by its alias)."
    )


def bucket_name(name: str) -> str:
    """The same, where a bucket may have this name.

    Raises:
        UserError: No bucket can have it.
    """
    if not _BUCKET.fullmatch(name):
        raise UserError(
            f"{name!r} is no bucket's name, which has letters, digits, '.', '-' and '_' only "
            "(without s3:// and /; an access point is named by its alias)."
        )
    return name


def require_local(location: str | Path, *, instead: str) -> None:
    """Refuse a place in S3 where only this machine's files are read or written.

    Args:
        location: A path, or what a path made of an S3 URI.
        instead: Sentence that says what to do.

    Raises:
        UserError: It lies in S3.
    """
    if is_uri(location):
        raise UserError(f"{parse(location)} lies in S3, but must be a path here. {instead}")
