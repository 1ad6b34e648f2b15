"""Pretrained backbones on this machine: which there are, and their conversion into the cache.

It is not part of the interface.
"""
