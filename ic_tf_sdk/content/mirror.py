"""Pretrained archives of many models, from TF Hub or from what is already here."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.content import hub, pretrained
from ic_tf_sdk.errors import ArchiveError, IcTfSdkError, UserError

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["Mirrored", "mirror"]

# Loading a module takes memory in proportion to it and all cores; downloading takes neither.
_CHECKING = threading.Lock()


@dataclass(frozen=True)
class Mirrored:
    """What became of one model.

    Attributes:
        model_id: Its id.
        path: Its archive.
        seconds: How long it took; 0 where it was there already.
        problem: Why it is not there, or "".
    """

    model_id: str
    path: Path
    seconds: float
    problem: str = ""


def mirror(
    *,
    model_ids: Sequence[str],
    folder: str | Path,
    source: str | Path | None = None,
    handle: str | None = None,
    jobs: int = 4,
    on_model: Callable[[Mirrored], None] = lambda _: None,
) -> list[Mirrored]:
    """Put the pretrained archive of each model into a folder.

    Models that are there already are left alone, so that an interrupted run goes on where it was.
    One model's failure does not stop the others.

    Args:
        model_ids: Ids of the catalogue.
        folder: Gets ``train-<model_id>.tar.gz`` for each.
        source: The module's folder or archive, for a single model; None downloads it.
        handle: Another handle than the catalogue's, for a single model.
        jobs: How many are downloaded at a time.
        on_model: Called with each model's outcome as it comes.

    Returns:
        The outcomes, in the order of ``model_ids``.

    Raises:
        UnknownModelError: Before anything is downloaded.
        UserError: ``source`` or ``handle`` with several models.
    """
    if len(model_ids) != 1 and (source is not None or handle is not None):
        raise UserError("A source or a handle is for one model; name one model id.")
    wanted = [specs.get(model_id) for model_id in dict.fromkeys(model_ids)]

    def one(spec: "ModelSpec") -> Mirrored:
        target = Path(folder) / pretrained.archive_name(spec)
        started = time.perf_counter()
        problem = ""
        try:
            if pretrained.is_complete(spec, target):
                started = time.perf_counter()
            else:
                _make(spec, target, source, handle)
        except IcTfSdkError as error:
            problem = str(error)
        done = Mirrored(spec.model_id, target, round(time.perf_counter() - started, 1), problem)
        on_model(done)
        return done

    with hub.cache(), ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(one, wanted))


def _make(spec: "ModelSpec", target: Path, source: str | Path | None, handle: str | None) -> None:
    if source is not None:
        with _CHECKING:
            pretrained.build(spec, source, target, handle=handle)
        return
    if spec.embedded_archive is not None:
        _copy_embedded(spec, target)
        return
    handle = handle or spec.feature_vector_handle
    if handle is None:
        raise ArchiveError(f"No handle is known for {spec.model_id}; give its folder (--from).")
    found = hub.resolve(handle)
    try:
        with _CHECKING:
            pretrained.build(spec, found, target, handle=handle)
    except ArchiveError:
        # A download that broke off unnoticed would be found in the cache again and again.
        hub.forget(found)
        raise


def _copy_embedded(spec: "ModelSpec", target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.write_bytes(embedded.archive_path(spec.model_id).read_bytes())
    temporary.replace(target)
