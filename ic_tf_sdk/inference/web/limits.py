"""What a page without an endpoint takes, and which model it can hold."""

__all__ = ["MOST_DIFFERENCE", "MOST_MODEL_BYTES", "MOST_PICTURES", "MOST_PIXELS"]

MOST_PIXELS = 50_000_000
"""Of a picture. In the network's memory, of which a browser gives 4 GiB, each takes 27 bytes."""

MOST_MODEL_BYTES = 1 << 30
"""Of the model: as a file and as weights it lies twice in those 4 GiB, while it is loaded."""

MOST_PICTURES = 1000
"""So many one tab holds: of each a small copy and its answer."""

MOST_DIFFERENCE = 1e-3
"""Of a probability, between what the page answers and `ic-tf predict`."""
