"""Where artifacts live: which bucket, which key, which image."""
