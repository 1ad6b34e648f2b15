"""What a job, its archive and its endpoint agree on; nothing here needs TensorFlow.

The files and requests that it describes are stable; this package is not part of the interface.
"""
