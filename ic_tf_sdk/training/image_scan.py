"""What a file is by its first bytes, whatever its name says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.image_folder import ImageFolder

__all__ = ["apparent_type", "refuse", "unreadable"]

_USABLE = ("JPEG", "PNG")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
)

_SHOWN = 10


def apparent_type(head: bytes) -> str:
    """The kind of content that begins with these bytes.

    Args:
        head: The first 32 bytes or more; fewer only where the content is shorter.

    Returns:
        ``"JPEG"``, ``"PNG"``, ``"GIF"``, …, ``"empty"``, ``"text"`` or ``"unknown content"``.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"avif": "AVIF"}.get(
            head[8:12], "MP4 video"
        )
    if head.lstrip()[:1] == b"<":
        return "HTML or XML"
    if not head:
        return "empty"
    return "text" if head.isascii() and head[:32].decode().isprintable() else "unknown content"


def unreadable(folder: ImageFolder) -> dict[int, str]:
    """The rows whose content is no JPEG or PNG, from the files' first bytes alone.

    Returns:
        Row -> the reason, as ``"GIF"`` or ``"empty"`` or the system's word for a file that
        cannot be opened.
    """
    # Opening files is waiting, not computing: threads hide a network disk's latency.
    with ThreadPoolExecutor(16) as threads:
        kinds = list(threads.map(_kind, folder.paths()))
    return {row: kind for row, kind in enumerate(kinds) if kind not in _USABLE}


def refuse(folder: ImageFolder, bad: dict[int, str]) -> None:
    """Raise what ``on_bad_image`` "error" raises: every bad file with its reason.

    Raises:
        DatasetError: If ``bad`` is not empty.
    """
    if not bad:
        return
    listed = "".join(
        f"\n  {folder.root / folder.files[row]}: {reason}"
        for row, reason in sorted(bad.items())[:_SHOWN]
    )
    more = f"\n  and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    raise DatasetError(
        f"{len(bad)} of {len(folder.files)} files in {folder.root} cannot be read as JPEG or PNG "
        f"images:{listed}{more}\nRemove them, or set the hyperparameter on_bad_image to 'skip'."
    )


def _kind(path: str) -> str:
    try:
        with Path(path).open("rb") as stream:
            return apparent_type(stream.read(64))
    except OSError as error:
        return error.strerror or str(error)
