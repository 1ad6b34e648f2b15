"""Answers of an ONNX file, from the image's bytes on, where TensorFlow is not installed."""
