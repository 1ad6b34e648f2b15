"""Putting the bundled scripts, the models and the catalogue into a bucket of one's own.

Everything is written once and never again; the manifest, which names the rest, comes last.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ic_tf_sdk import __version__, embedded, specs
from ic_tf_sdk.content import pretrained, script_archive
from ic_tf_sdk.content.digest import content_digest
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.content.source import PUBLISHED, ContentSource, named
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.errors import ArchiveError, MissingExtraError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.export import MANIFEST, PROPRIETARY_MANIFEST, export_catalogue

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
    digest: str


def publish(
    *,
    bucket: str,
    model_ids: Sequence[str] = (),
    region: str | None = None,
    models: str | Path | None = None,
    wheel_folder: str | Path | None = None,
    dry_run: bool = False,
    on_object: Callable[[Published], None] = lambda _: None,
) -> list[Published]:
    """Publish the scripts, the catalogue, the embedded models and the models that are named.

    Run it again at any time: only what is missing is uploaded. Two at once do no harm.

    Args:
        bucket: A bucket that exists.
        model_ids: Models to publish beside the embedded ones.
        region: The bucket's region; None takes the environment's.
        models: Folder of archives that ``ic-tf mirror`` made; what it lacks is mirrored into it.
            None mirrors into a folder for the moment.
        wheel_folder: See ``script_archive.build``.
        dry_run: Compare only; models that would have to be mirrored first count as missing.
        on_object: Called with each object's outcome as it comes.

    Returns:
        Every object, in the order in which they were written.

    Raises:
        OutputExistsError: An object holds other bytes.
        StorageError: S3 refuses, or is not there.
        ArchiveError: A model or a vendored package is not to be had.
    """
    store = Store(bucket, region=region)
    source = named(PUBLISHED)
    wanted = [specs.get(model_id) for model_id in dict.fromkeys((*embedded.MODEL_IDS, *model_ids))]
    act = _compare if dry_run else _put
    done: list[Published] = []

    def one(item: _Item) -> Published:
        found = act(store, item)
        on_object(found)
        return found

    with tempfile.TemporaryDirectory(prefix="ic-tf-publish-") as temporary:
        scratch = Path(temporary)
        folder = Path(models) if models is not None else scratch / "models"
        done += map(one, _scripts(source, scratch, wheel_folder))
        if not dry_run:
            _mirror(wanted, folder)
        done += map(one, _models(source, wanted, folder))
        with ThreadPoolExecutor(max_workers=8) as pool:
            done += pool.map(one, _catalogue(source, scratch))
        if not dry_run:
            for name in (PROPRIETARY_MANIFEST, MANIFEST):
                store.replace(name, (scratch / "catalogue" / name).read_bytes())
    return done


def policy(bucket: str, region: str) -> dict[str, Any]:
    """The IAM policy that publishing needs, and nothing more.

    Args:
        bucket: The bucket's name.
        region: Its region, for the partition in the ARNs.

    Raises:
        MissingExtraError: boto3 is not installed.
    """
    arn = f"arn:{_partition(region)}:s3:::{bucket}"
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


def _partition(region: str) -> str:
    try:
        import boto3
    except ImportError as error:
        raise MissingExtraError("boto3", "aws") from error
    found: str = boto3.Session().get_partition_for_region(region)
    return found


def _put(store: Store, item: _Item) -> Published:
    uploaded = store.put(item.path, item.key, item.digest)
    return Published(item.key, item.path.stat().st_size, "uploaded" if uploaded else "there")


def _compare(store: Store, item: _Item) -> Published:
    there = store.digest(item.key)
    if not item.path.exists():
        return Published(item.key, 0, "missing" if there is None else "there")
    same: Literal["there", "differs"] = "there" if there == item.digest else "differs"
    return Published(item.key, item.path.stat().st_size, "missing" if there is None else same)


def _scripts(
    source: ContentSource, scratch: Path, wheel_folder: str | Path | None
) -> Iterator[_Item]:
    # The keys do not depend on the model.
    record = catalogue.record(embedded.MODEL_IDS[0], "*")
    for scope, field in (("training", "training_script_key"), ("inference", "hosting_script_key")):
        built = script_archive.build(scope, scratch / scope, wheel_folder=wheel_folder)
        yield _Item(built, source.value(record, field), content_digest(built))


def _mirror(wanted: Sequence[Any], folder: Path) -> None:
    found = mirror(model_ids=[spec.model_id for spec in wanted], folder=folder)
    problems = [f"{done.model_id}: {done.problem}" for done in found if done.problem]
    if problems:
        raise ArchiveError("Some models are not to be had:\n" + "\n".join(problems))


def _models(source: ContentSource, wanted: Sequence[Any], folder: Path) -> Iterator[_Item]:
    for spec in wanted:
        path = folder / pretrained.archive_name(spec)
        if spec.embedded_archive is not None and not path.exists():
            path = embedded.archive_path(spec.model_id)
        record = catalogue.record(spec.model_id, "*")
        digest = content_digest(path) if path.exists() else ""
        yield _Item(path, source.value(record, "training_artifact_key"), digest)


def _catalogue(source: ContentSource, scratch: Path) -> Iterator[_Item]:
    """The specs; their keys get the package's version, since they name keys that have it."""
    folder = scratch / "catalogue"
    export_catalogue(folder, source=source)
    headers = json.loads((folder / MANIFEST).read_text())
    for header in headers:
        path = folder / header["spec_key"]
        header["spec_key"] = f"ic-tf-sdk/v{__version__}/{header['spec_key']}"
        yield _Item(path, header["spec_key"], hashlib.sha256(path.read_bytes()).hexdigest())
    (folder / MANIFEST).write_text(json.dumps(headers, indent=1) + "\n")
