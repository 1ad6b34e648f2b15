"""Where artifacts live: which bucket, which key, which image.

``ic-tf mirror`` and ``ic-tf publish`` are the way in; this package is not part of the interface.
"""
