"""The published ImageNet top-1 accuracy of each model, in percent, and the table that says so.

Of the weights that the catalogue's handles name, or of the checkpoint that their page names. Where
no such table was found, the figure is None, and why stands beside it.
"""

import re

__all__ = ["published_accuracy"]

_PREFIX = "tensorflow-ic-"
_SLIM = "documented: TF-Slim's README of pretrained models; the hub page names the same checkpoint."
_HUB_V2 = "documented: the table on the hub page."
_TIMM_BIT = (
    "documented: timm's table of the authors' fine-tuned weights, at {pixels} pixels; at the 224 "
    "of this catalogue it is lower."
)
_AUTOAUGMENT = (
    "derived: the authors' README, trained with AutoAugment, as the hub page says of its weights; "
    "it names no checkpoint."
)
_NO_1K = "unknown: the classifier answers other classes than ImageNet's 1,000."
_NOT_FOUND = "unknown: neither the hub page nor the authors' README has a figure."


def published_accuracy(model_id: str) -> tuple[float | None, str]:
    """The figure, and where it is from or why there is none.

    Args:
        model_id: A model of the reference table.
    """
    name = model_id.removeprefix(_PREFIX).removeprefix("imagenet-")
    name = re.sub(r"-classification-\d$", "", name)
    if name.startswith("bit-") or "imagenet21k" in name:
        return _pretrained_on_21k(name)
    for table, reason in _TABLES:
        if name in table:
            return table[name], reason
    return None, _NOT_FOUND


def _pretrained_on_21k(name: str) -> tuple[float | None, str]:
    if name in _EFFICIENTNET_V2_FINE_TUNED:
        source = "the authors' README." if name.endswith("xl") else "the table on the hub page."
        return _EFFICIENTNET_V2_FINE_TUNED[name], f"documented: {source}"
    if name in _BIT_M:
        pixels = 480 if "r152x4" in name else 448
        return _BIT_M[name], _TIMM_BIT.format(pixels=pixels)
    fine_tuned = "ft1k" in name or name.startswith("bit-s")
    return None, _NOT_FOUND if fine_tuned else _NO_1K


def _sizes(prefix: str, table: str) -> dict[str, float]:
    """Name -> figure, of lines ``width: size figure, size figure``."""
    figures = {}
    for line in table.strip().splitlines():
        width, values = line.split(":")
        for value in values.split(","):
            size, figure = value.split()
            figures[f"{prefix}-{width.strip()}-{size}"] = float(figure)
    return figures


_MOBILENET_V1 = _sizes(
    "mobilenet-v1",
    """
    025: 128 41.5, 160 45.5, 192 47.7, 224 49.8
    050: 128 56.3, 160 59.1, 192 61.7, 224 63.3
    075: 128 62.1, 160 65.3, 192 67.2, 224 68.4
    100: 128 65.2, 160 68.0, 192 70.0, 224 70.9
    """,
)
_MOBILENET_V2 = _sizes(
    "mobilenet-v2",
    """
    035: 96 45.5, 128 50.8, 160 55.7, 192 58.2, 224 60.3
    050: 96 51.2, 128 57.7, 160 61.0, 192 63.9, 224 65.4
    075: 96 58.8, 128 63.2, 160 66.4, 192 68.7, 224 69.8
    100: 96 60.3, 128 65.3, 160 68.8, 192 70.7, 224 71.8
    130: 224 74.4
    140: 224 75.0
    """,
)
_MOBILENETS = {
    **_MOBILENET_V1,
    **_MOBILENET_V2,
    "tf2-preview-mobilenet-v2": _MOBILENET_V2["mobilenet-v2-100-224"],
    "mobilenet-v3-large-100-224": 75.2,
    "mobilenet-v3-large-075-224": 73.3,
    "mobilenet-v3-small-100-224": 67.5,
    "mobilenet-v3-small-075-224": 65.4,
}
_SLIM_MODELS = {
    "inception-v1": 69.8,
    "inception-v2": 73.9,
    "inception-v3": 78.0,
    "tf2-preview-inception-v3": 78.0,
    "inception-resnet-v2": 80.4,
    "resnet-v1-50": 75.2,
    "resnet-v1-101": 76.4,
    "resnet-v1-152": 76.8,
    "nasnet-mobile": 74.0,
    "nasnet-large": 82.7,
    "pnasnet-large": 82.9,
}
_RESNET_V2 = {"resnet-v2-50": 75.6, "resnet-v2-101": 77.0, "resnet-v2-152": 77.8}
_EFFICIENTNET = dict(
    zip(
        [f"efficientnet-b{number}" for number in range(8)],
        [77.1, 79.1, 80.1, 81.6, 82.9, 83.6, 84.0, 84.3],
        strict=True,
    )
)
_EFFICIENTNET_LITE = dict(
    zip(
        [f"efficientnet-lite{number}" for number in range(5)],
        [75.1, 76.7, 77.6, 79.8, 81.5],
        strict=True,
    )
)
_EFFICIENTNET_V2 = {
    f"efficientnet-v2-imagenet1k-{size}": figure
    for size, figure in (
        *(("b0", 78.7), ("b1", 79.8), ("b2", 80.5), ("b3", 82.1)),
        *(("s", 83.9), ("m", 85.2), ("l", 85.7)),
    )
}
_EFFICIENTNET_V2_FINE_TUNED = {
    f"efficientnet-v2-imagenet21k-ft1k-{size}": figure
    for size, figure in (("s", 84.9), ("m", 86.2), ("l", 86.9), ("xl", 87.2))
}
_BIT_M = {
    f"bit-m-{size}-ilsvrc2012": figure
    for size, figure in (
        *(("r50x1", 80.340), ("r101x1", 82.342), ("r50x3", 84.020)),
        *(("r101x3", 84.438), ("r152x4", 84.916)),
    )
}
# The ports' own evaluation of the weights that they put on TF Hub.
_PORTS = {
    "cait-s24-224": 83.368,
    "cait-xxs24-224": 78.524,
    "cait-xxs36-224": 79.76,
    "cait-xxs36-384": 81.976,
    "cait-xxs24-384": 80.648,
    "cait-xs24-384": 83.738,
    "cait-s24-384": 84.944,
    "cait-s36-384": 85.192,
    "cait-m36-384": 85.924,
    "cait-m48-448": 86.066,
    "deit-tiny-patch16-224": 72.136,
    "deit-tiny-distilled-patch16-224": 74.522,
    "deit-small-patch16-224": 79.828,
    "deit-small-distilled-patch16-224": 81.172,
    "deit-base-patch16-224": 81.798,
    "deit-base-patch16-384": 82.894,
    "deit-base-distilled-patch16-224": 83.326,
    "deit-base-distilled-patch16-384": 85.238,
    "swin-base-patch4-window7-224": 85.134,
    "swin-large-patch4-window7-224": 86.252,
    "swin-s3-base-224": 83.958,
    "swin-s3-small-224": 83.648,
    "swin-s3-tiny-224": 82.034,
    "swin-small-patch4-window7-224": 83.178,
    "swin-tiny-patch4-window7-224": 81.184,
    "swin-base-patch4-window12-384": 86.428,
    "swin-large-patch4-window12-384": 87.272,
}
_TABLES: list[tuple[dict[str, float], str]] = [
    (_MOBILENETS, _SLIM),
    (_SLIM_MODELS, _SLIM),
    (_RESNET_V2, f"{_SLIM.removesuffix('.')}. Measured there at 299 pixels."),
    (_EFFICIENTNET, _AUTOAUGMENT),
    (_EFFICIENTNET_LITE, "documented: the EfficientNet-Lite README."),
    (_EFFICIENTNET_V2, _HUB_V2),
    (_PORTS, "documented: the README of the port, measured with the weights on TF Hub."),
]
