"""The windows of a Swin."""


def windows_of(model_id: str) -> tuple[int, ...]:
    """The side of a window in each stage: in the name, or of Swin-S3 found by a search."""
    if "-s3-" in model_id:
        return (14, 14, 14, 7) if "-small-" in model_id else (7, 7, 14, 7)
    return (12,) * 4 if "-window12-" in model_id else (7,) * 4
