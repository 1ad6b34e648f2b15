"""What a job, its archive and its endpoint agree on; nothing here needs TensorFlow."""
