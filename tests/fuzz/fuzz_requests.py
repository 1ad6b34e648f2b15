"""A coverage-guided fuzz target: everything of a request and of a file that is read in Python.

``nox -s fuzz`` runs it for two minutes; ``nox -s fuzz -- -max_total_time=3600`` for an hour. The
decoding of pixels is TensorFlow's: tests/inference/test_faults.py sends mutated images through it.
"""

import base64
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ic_tf_sdk"]):
    from ic_tf_sdk.contract import accept_header, container_answer, image_header
    from ic_tf_sdk.contract import container_handler as handler
    from ic_tf_sdk.contract.container_answer import RequestError

from tests.training.ugly_images import every

_PREDICTION = {"probabilities": [0.25, 0.75], "labels": ["a", "b"], "predicted_label": "b"}
_SCRATCH = Path(tempfile.mkdtemp(prefix="ic-tf-fuzz-"))


def headers(data: bytes) -> None:
    """Content type and Accept; only the handler's own refusals may come out."""
    accept, _, content_type = data.decode("latin-1").partition("\n")
    try:
        container_answer.response_body(_PREDICTION, accept_header.read_accept(accept))
        handler.check_content_type(content_type)
    except RequestError as error:
        container_answer.error_body(error)


def body(data: bytes) -> None:
    """A JSON body, and the reason for one that is no image."""
    try:
        handler.read_image(data, "application/json")
    except RequestError as error:
        container_answer.error_body(error)
    container_answer.error_body(container_answer.undecodable(data.decode("latin-1"), data))


def image(data: bytes) -> None:
    """The header of an image file, as the scan before training reads it."""
    path = _SCRATCH / "image.jpg"
    path.write_bytes(data)
    found = image_header.read_header(path)
    assert found.kind
    assert found.width >= 0
    assert found.height >= 0


TARGETS = (headers, body, image)


def one(data: bytes) -> None:
    """The first byte chooses the target."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def write_corpus(folder: Path) -> None:
    """What a sound request looks like, and every ugly image, to begin from."""
    encoded = base64.b64encode(b"\xff\xd8\xff").decode()
    bodies = (f'{{"instances": [{{"b64": "{encoded}"}}]}}', f'{{"b64": "{encoded}"}}', "[1]")
    lines = ("application/json;verbose\nimage/png", "text/csv;q=0.1,*/*;n_predictions=3\nx")
    found = [b"\0" + line.encode() for line in lines]
    found += [b"\1" + text.encode() for text in bodies]
    found += [b"\2" + ugly.content for ugly in every() if len(ugly.content) < 20_000]
    for number, content in enumerate(found):
        (folder / str(number)).write_bytes(content)


if __name__ == "__main__":
    corpus = _SCRATCH / "corpus"
    corpus.mkdir()
    write_corpus(corpus)
    atheris.Setup([*sys.argv, str(corpus)], one)
    atheris.Fuzz()
