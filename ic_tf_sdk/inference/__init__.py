"""Answering requests with a fine-tuned model: in SageMaker's container, and here.

``container_handler`` is what runs in the container and depends on the standard library and
``requests`` alone; the rest of the package asks it how a request is read and an answer is written.
"""
