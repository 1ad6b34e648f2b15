"""What a person types to install the package: the one place of every install line.

The name is on no index yet, so that ``pip install ic-tf-sdk`` finds nothing. What works today, with
each pip since 22.3, is the clone itself and the address of the repository. pip before 24.1 refuses
``name @ git+file://...``, which names no host.

::

    in_clone("train", "cli")      # pip install ".[train,cli]"
    adding("train")               # pip install -e '/home/me/ic_tf_sdk[train]'

It is not part of the interface.
"""

from pathlib import Path
from typing import Any

__all__ = ["DISTRIBUTION", "REPOSITORY", "TUTORIAL_EXTRAS", "adding", "from_repository", "in_clone"]

DISTRIBUTION = "ic-tf-sdk"

# The documentation cannot know where the repository is hosted.
REPOSITORY = "git+https://ADDRESS/ic_tf_sdk.git"

# What the first pages of the documentation type after their install line.
TUTORIAL_EXTRAS = ("train", "serve", "cli", "sample-data", "imagenet")


def in_clone(*extras: str) -> str:
    """The line for a clone, typed inside of it.

    Inside, because ``./ic_tf_sdk`` is the clone only to one who stands above it; to the other it is
    the package's folder, which pip cannot install.

    Args:
        extras: Extras of ``pyproject.toml``.
    """
    return f'pip install ".[{",".join(extras)}]"'


def from_repository(*extras: str) -> str:
    """The line for one who has no clone, with a placeholder for the repository's address.

    Args:
        extras: Extras of ``pyproject.toml``.
    """
    return f'pip install "{DISTRIBUTION}[{",".join(extras)}] @ {REPOSITORY}"'


def adding(extra: str) -> str:
    """The line that adds an extra to the installation that runs now.

    It names the place that the installation came from, as pip and uv have recorded it, so that what
    is installed stays what it is.

    Args:
        extra: An extra, or several with commas between.
    """
    # Here, because every error class stands on this module and hardly a run needs the line.
    import importlib.metadata
    import json
    import shlex

    clone = Path(__file__).parents[1]
    if (clone / "pyproject.toml").is_file():
        # Also for a path on PYTHONPATH; an editable installation stays one.
        return f"pip install -e {shlex.quote(f'{clone}[{extra}]')}"
    try:
        record = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return f"{in_clone(extra)} in a clone of ic_tf_sdk"
    if record is None:
        # It came from an index, which has the name then.
        return f"pip install '{DISTRIBUTION}[{extra}]'"
    return _again(json.loads(record), extra)


def _again(record: dict[str, Any], extra: str) -> str:
    """The line that installs from the same place once more.

    Args:
        record: The content of ``direct_url.json`` (PEP 610).
        extra: An extra, or several with commas between.
    """
    import shlex
    from urllib.parse import unquote, urlsplit

    url = record["url"]
    address = urlsplit(url)
    path = Path(unquote(address.path))
    if address.scheme == "file" and ((path / "pyproject.toml").is_file() or path.is_file()):
        return f"pip install {shlex.quote(f'{path}[{extra}]')}"
    if address.scheme == "file":
        return f"{in_clone(extra)} in a clone of ic_tf_sdk ({path} is gone)"
    if "vcs_info" in record:
        # The same commit: an extra is no reason to change what the package does.
        url = f"{record['vcs_info']['vcs']}+{url}@{record['vcs_info']['commit_id']}"
    return f"pip install {shlex.quote(f'{DISTRIBUTION}[{extra}] @ {url}')}"
