"""What a file is by its first bytes, whatever its name says."""

__all__ = ["apparent_type"]

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
    (b"8BPS", "Photoshop"),
    (b"\0\0\x01\0", "icon"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
)
# ISO base media files name their brand, and then those that they are compatible with. Of HEIF a
# single picture and a sequence, of two profiles, each with its brand for layered coding.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis"), "HEIC"),
    **dict.fromkeys((b"hevc", b"hevx", b"hevm", b"hevs"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis", b"avio"), "AVIF"),
    b"crx ": "Canon raw",
    b"qt  ": "QuickTime video",
}
# Of HEIF as a frame they say nothing of what codes the picture: the other brands do.
_FRAMES = {b"mif1": "HEIC", b"msf1": "HEIC", b"mif2": "HEIC", b"miaf": "HEIC"}
_LONGEST_BOX = 64


def apparent_type(head: bytes) -> str:
    """The kind of content that begins with these bytes.

    Args:
        head: The first 64 bytes or more; fewer only where the content is shorter.

    Returns:
        ``"JPEG"``, ``"PNG"``, ``"GIF"``, …, ``"empty"``, ``"text"`` or ``"unknown content"``.

    Example:
        >>> apparent_type(b"GIF89a" + bytes(40))
        'GIF'
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "HTML or XML"
    if not head:
        return "empty"
    return "text" if head.isascii() and head[:32].decode().isprintable() else "unknown content"


def _iso_media(head: bytes) -> str:
    """``"HEIC"``, ``"AVIF"`` or a kind of video, by the brands of the file's first box."""
    box = head[: min(int.from_bytes(head[:4], "big"), _LONGEST_BOX)]
    # The brand of the file, the version of it, and the compatible ones.
    brands = [head[8:12], *(box[at : at + 4] for at in range(16, len(box), 4))]
    major = brands[0]
    if major in _BRANDS:
        return _BRANDS[major]
    if major in _FRAMES:
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), _FRAMES[major])
    return "MP4 video"
