"""Why a file cannot be decoded."""

__all__ = ["UndecodableError"]


class UndecodableError(ValueError):
    """It is no image that is read, or damaged; the text is the reason, in TensorFlow's words."""
