"""Labelled pictures drawn on the spot, to try a model on without downloading a dataset.

The names here are the interface; the modules below, which draw, are not part of the interface.
"""

from ic_tf_sdk.sample_data.dataset import LABELS, draw

__all__ = ["LABELS", "draw"]
