"""Batches of images or features, in an order that only the seed and the epoch decide."""
