"""What tells two models apart."""

import hashlib
import json
from pathlib import Path

__all__ = ["fingerprint"]


def fingerprint(saved_model: Path, labels: tuple[str, ...]) -> str:
    """A digest of a model's graph, labels and variables' checksums, in hexadecimal.

    Args:
        saved_model: Its folder.
        labels: Class names by class index.
    """
    digest = hashlib.sha256(json.dumps(labels).encode())
    # The index holds a checksum of each variable; a model may have none.
    for path in (saved_model / "saved_model.pb", saved_model / "variables" / "variables.index"):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
