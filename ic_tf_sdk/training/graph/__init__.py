"""TensorFlow that training and serving share: from encoded bytes to the served signature."""
