"""What the folder says of itself: how it is served, and under which licences its files are."""

from importlib import metadata
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.install_line import DISTRIBUTION

__all__ = ["texts"]

_READ_ME = """\
A page that classifies pictures in a browser, with the model in it. Nothing is sent anywhere.

Serve the folder with any server of static files, at any path:

    python3 -m http.server --directory .

and open http://localhost:8000. Another machine's browser needs https to show a live camera picture;
everything else works without it. The folder needs no other host and no network.

model.onnx     the model: "picture" uint8 [height, width, 3], RGB, decoded and upright, to
               "probabilities"; under the licence of the model that it was made of
model.json     its labels, and how often it was right
runtime/       ONNX Runtime Web, MIT: licences/onnxruntime-LICENSE.txt, and of what is built into it
               licences/onnxruntime-ThirdPartyNotices.txt
the others     the page, of ic-tf-sdk, Apache-2.0: licences/ic-tf-sdk-LICENSE.txt
"""
_OWN = ("LICENSE", "NOTICE")
_RUNTIMES = ("LICENSE", "ThirdPartyNotices.txt")


def texts() -> dict[str, str]:
    """The files' names -> their text.

    The runtime's package for browsers brings no licence; that for Python is of the same sources,
    and does.
    """
    ours = metadata.distribution(DISTRIBUTION)
    found = {f"ic-tf-sdk-{name}.txt": ours.read_text(f"licenses/{name}") for name in _OWN}
    beside = Path(extras.load("onnxruntime").__file__).parent
    for name in _RUNTIMES:
        text = (beside / name).read_text(encoding="utf-8", errors="replace")
        found[f"onnxruntime-{name.removesuffix('.txt')}.txt"] = text
    return {"README.txt": _READ_ME} | {
        f"licences/{name}": _there(name, text) for name, text in found.items()
    }


def _there(name: str, text: str | None) -> str:
    if not text:
        raise UserError(
            f"The licence {name} is missing from this installation, and nothing may be carried "
            "away without it. Install the package anew."
        )
    return text
