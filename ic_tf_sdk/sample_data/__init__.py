"""Labelled pictures drawn on the spot, to try a model on without downloading a dataset."""

from ic_tf_sdk.sample_data.dataset import LABELS, draw

__all__ = ["LABELS", "draw"]
