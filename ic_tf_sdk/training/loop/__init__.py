"""Epochs, checkpoints and resumption."""
