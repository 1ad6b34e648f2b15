"""The backbone that ships inside the package, so that the first model needs no download.

It learned from pictures drawn by formulas, not from photos: good for an offline start, for tests
and for teaching, no substitute for ImageNet weights. Its model card is
``docs/reference/embedded-backbone.md``; ``tools/embedded`` makes it.
The names here are the interface; the module below is not part of the interface.
"""

from ic_tf_sdk.embedded.archive import MODEL_IDS, archive_path

__all__ = ["MODEL_IDS", "archive_path"]
