"""Training and endpoints on this machine."""
