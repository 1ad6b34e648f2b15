"""Where the model that is to answer lies: a path, or a model id of the catalogue."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk import s3, specs
from ic_tf_sdk.backbones import at_hand, weights_packages
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.specs.archive_name import archive_name
from ic_tf_sdk.specs.buckets import model_bucket
from ic_tf_sdk.specs.regions import chosen_region
from ic_tf_sdk.specs.source import PUBLISHED, in_force

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["locate"]


@contextmanager
def locate(model: str | Path, *, models: str | Path | None = None) -> Iterator[Path]:
    """A model archive to serve, to predict with or to convert.

    Args:
        model: A ``model.tar.gz``, its folder, the S3 URI of a ``model.tar.gz``, which is
            downloaded for the time of the context, or a model id. The classifier of an id is
            taken where it is at hand, see ``backbones.at_hand``, or else from the bucket that is
            set as content source; from there it is downloaded likewise.
        models: Folder of ``ic-tf mirror``.

    Yields:
        The archive or folder.

    Raises:
        UserError: There is nothing at the S3 URI, or it is a folder's.
        ArchiveError: There is nothing at the path, or the id's classifier is in none of the places.
        UnknownModelError: Neither a path nor a model id.
        StorageError: The bucket refuses, or is not there.
    """
    if s3.is_uri(model):
        with scratch_folder("model") as temporary:
            yield _fetched(s3.parse(model), temporary)
        return
    path = model_archive.existing(model)
    if path is not None:
        yield path
        return
    spec = specs.get(str(model))
    classifier = at_hand.find(spec.model_id, "inference", models=models)
    if classifier is not None:
        yield classifier.path()
        return
    with scratch_folder("classifier") as temporary:
        target = temporary / archive_name(spec, "inference")
        if not _downloaded(spec, target):
            raise ArchiveError(_nowhere(spec, models))
        yield target


def _fetched(uri: s3.S3Uri, folder: Path) -> Path:
    if not uri.key or uri.key.endswith("/"):
        raise UserError(f"{uri} is a folder of S3; give the URI of a model.tar.gz.")
    return s3.Client().fetch(uri, folder)


def _downloaded(spec: "ModelSpec", target: Path) -> bool:
    """Whether the published archive is there, and now at ``target``."""
    source = in_force()
    if source.name != PUBLISHED:
        return False
    region = chosen_region(None)
    key = source.model_key(spec, "inference")
    return Store(model_bucket(region), region=region).get(key, target)


def _nowhere(spec: "ModelSpec", models: str | Path | None) -> str:
    places = ["this package"]
    if models is not None:
        places.insert(0, f"the folder {models}")
    source = in_force()
    if source.name == PUBLISHED:
        places.append(f"the bucket {model_bucket(chosen_region(None))}")
    else:
        places.append("a bucket of yours (AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE is not set)")
    extra = weights_packages.advice(spec.alias_of or spec.model_id)
    first = f"{extra} Or let" if extra else "Let"
    return (
        f"The classifier of {spec.model_id!r} is not in {', nor in '.join(places)}. {first} "
        "`ic-tf predict`, `serve` or `export` fetch it (--download); or make "
        f"{archive_name(spec, 'inference')} with `ic-tf mirror {spec.model_id} --to FOLDER "
        "--scope inference` (and `--labels FILE` where its label file cannot be downloaded), then "
        "give --models FOLDER."
    )
