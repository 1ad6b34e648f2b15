"""``transfer_learning.py`` at the root of the training script archive.

Makes the packages that the archive brings importable, then runs the job. It is copied into the
archive and runs first, on whatever Python the container has, so it imports the standard library
only and keeps to syntax that every Python 3 reads.
"""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _tensorflow_version() -> str:
    """TensorFlow's version without importing it, which takes seconds; "" where there is none."""
    from importlib import metadata

    # AWS's own builds may be called tensorflow-cpu or otherwise.
    for name in metadata.packages_distributions().get("tensorflow", []):
        return metadata.version(name)
    return ""


def _use_vendored_packages() -> None:
    from importlib.util import find_spec

    vendored = _HERE / "vendor"
    version = _tensorflow_version()
    fitting = vendored / ("tensorflow-" + ".".join(version.split(".")[:2]))
    if fitting.is_dir():
        sys.path[1:1] = [str(fitting), str(vendored / "hub")]
    elif find_spec("tf_keras") is not None:
        sys.path.insert(1, str(vendored / "hub"))
    else:
        brought = sorted(path.name.split("-")[1] for path in vendored.glob("tensorflow-*"))
        _refuse(
            "This training script is for the images of TensorFlow %s; the container has %s. Use "
            "the image that ic_tf_sdk.image_uris.retrieve names."
            % (" and ".join(brought), "TensorFlow " + version if version else "none")
        )
    if find_spec("pkg_resources") is None:
        sys.path.append(str(vendored / "fallback"))
    if find_spec("pygal") is None:
        # Last: what the container has of the packages that it needs is used first.
        sys.path.append(str(vendored / "charts"))


def _refuse(reason: str) -> None:
    sys.stderr.write("Error: " + reason + "\n")
    output_data = os.environ.get("SM_OUTPUT_DATA_DIR")
    if output_data:
        failure = Path(output_data).parent / "failure"
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(reason)
    sys.exit(1)


if __name__ == "__main__":
    if sys.version_info < (3, 10):
        _refuse(
            "This training script needs Python 3.10; the container has %d.%d. Use the image that "
            "ic_tf_sdk.image_uris.retrieve names." % sys.version_info[:2]
        )
    _use_vendored_packages()
    from ic_tf_sdk.contract import memory_allocator
    from ic_tf_sdk.training.transfer_learning import leave, main

    memory_allocator.restart()
    leave(main())
