"""The open training code of *Image Classification - TensorFlow*, as it runs in the container.

``transfer_learning`` is the entry point; ``job`` is the run in order. Nothing here imports
``launch``, ``content`` or ``cli``: the package needs TensorFlow, tf_keras, tensorflow_hub and
pydantic, no network and no credentials. The entry point's arguments, lines and files are stable;
the package itself is not part of the interface.
"""
