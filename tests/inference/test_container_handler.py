"""The handler by itself: what it reads from a request and how it writes an answer."""

import base64
import csv
import http.server
import io
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import accept_header, container_answer
from ic_tf_sdk.contract import container_handler as handler
from ic_tf_sdk.contract.container_answer import Form, RequestError
from tests import costly_images

THREE = {
    "probabilities": [0.2, 0.5, 0.3],
    "labels": ["a", "b", "c"],
    "predicted_label": "b",
}
BINARY = {"probabilities": [0.25], "labels": ["cat", "dog"], "predicted_label": "cat"}
# falcon 3.1 imports cgi.
FALCON = pytest.mark.filterwarnings("ignore:'cgi' is deprecated:DeprecationWarning")


@pytest.mark.parametrize(
    "accept",
    [None, "", " ", "*/*", "application/json", "APPLICATION/JSON", " application/json ",
     "application/json; charset=utf-8", "text/html, application/*;q=0.8", "image/png,*/*;q=0.1",
     # As pandas' and other clients of the SDK ask: any of them will do.
     "text/csv, application/json", "application/jsonlines,application/json"],
)  # fmt: skip
def test_accepts_json_in_every_spelling(accept: str | None) -> None:
    assert accept_header.read_accept(accept) == Form()


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/json;verbose", Form(verbose=True)),
        ("application/json ; Verbose", Form(verbose=True)),
        ("application/json;verbose;q=0.5, text/html", Form(verbose=True)),
        ("text/csv", Form(media_type="text/csv")),
        ("TEXT/CSV ; header=absent", Form(media_type="text/csv")),
        ("text/csv,*/*;q=0.1", Form(media_type="text/csv")),
        ("*/*, text/csv", Form(media_type="text/csv")),
        ("text/*;verbose", Form(verbose=True, media_type="text/csv")),
        ("application/jsonlines", Form(media_type="application/jsonlines")),
        ("application/json;q=0.5, text/csv", Form(media_type="text/csv")),
        ("application/json;n_predictions=3", Form(n_predictions=3)),
        ("application/json; verbose; n_predictions = 2", Form(verbose=True, n_predictions=2)),
        ("application/json;q=0.1, application/json;verbose;q=0.9", Form(verbose=True)),
        ("application/json;calibrated=true", Form(calibrated=True)),
        ("application/json; Verbose; Calibrated = TRUE", Form(verbose=True, calibrated=True)),
        ("application/json;calibrated", Form(calibrated=True)),
        ("application/json;calibrated=false", Form()),
        ("application/json;unknown=true", Form(unknown=True)),
        ("*/*;calibrated=true;unknown=true", Form(calibrated=True, unknown=True)),
        ("text/csv;calibrated=true", Form(calibrated=True, media_type="text/csv")),
    ],
)
def test_accept_parameters_choose_the_form(accept: str, form: Form) -> None:
    assert accept_header.read_accept(accept) == form


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json;q=0", "application/xml", "application/json;q=x", ";",
     "text/csv;q=0", "application/json;n_predictions=0", "text/csv;n_predictions=x",
     "application/json;calibrated=yes"],
)  # fmt: skip
def test_an_accept_that_cannot_be_given_is_406(accept: str) -> None:
    with pytest.raises(RequestError) as caught:
        accept_header.read_accept(accept)
    assert caught.value.status == "406 Not Acceptable"


@pytest.mark.parametrize(
    "content_type",
    ["application/x-image", "image/jpeg", "IMAGE/PNG", " image/png ; charset=binary",
     "application/json", "image/jpg", "application/octet-stream", None],
)  # fmt: skip
def test_content_types_in_every_spelling(content_type: str | None) -> None:
    handler.check_content_type(content_type)


@pytest.mark.parametrize("content_type", ["text/csv", "image/gif", "image", "application/x-npy"])
def test_another_content_type_is_415_and_names_those_that_are_not(content_type: str) -> None:
    with pytest.raises(RequestError, match="application/x-image, image/jpeg") as caught:
        handler.check_content_type(content_type)
    assert caught.value.status == "415 Unsupported Media Type"


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [{"b64": "aW1hZ2U="}]},
        {"b64": "aW1hZ2U="},
        {"b64": "aW1h\nZ2U="},
        {"instances": [{"image_bytes": {"b64": "aW1hZ2U="}}]},
        {"signature_name": "serving_default", "instances": [{"image_bytes": {"b64": "aW1hZ2U="}}]},
        {"inputs": {"image_bytes": [{"b64": "aW1hZ2U="}]}},
        {"inputs": {"image_bytes": {"b64": "aW1hZ2U="}}},
        {"inputs": [{"b64": "aW1hZ2U="}]},
        {"instances": [{"inputs": {"image_bytes": {"b64": "aW1hZ2U="}}}]},
        {"b64": "aW1hZ2U"},
        {"b64": "data:image/jpeg;base64,aW1hZ2U="},
        {"b64": "data:;base64,aW1hZ2U"},
        {"b64": "data:image/png;charset=utf-8;base64,aW1hZ2U"},
    ],
)
def test_json_carries_the_image_in_base64(body: object) -> None:
    assert handler.read_image(json.dumps(body).encode(), "application/json") == b"image"


@given(st.binary(min_size=1, max_size=60))
def test_base64_is_read_in_both_alphabets_padded_or_not(image: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(image).decode()
        for variant in (text, text.rstrip("="), f"data:image/png;base64,{text}"):
            body = json.dumps({"b64": variant}).encode()
            assert handler.read_image(body, "application/json") == image


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xd8\xff\xe0 and so on", "a JPEG image. Send an image as application/x-image"),
        (b"[" * 100_000, "must be"),
        (b"[" * 900, "not JSON"),
        (b"", "not JSON"),
        (b"[]", "must be"),
        (b'{"instances": []}', "must be"),
        (b'{"instances": [{"b64": "QQ=="}, {"b64": "QQ=="}]}', "with one image"),
        (b'{"b64": 3}', "must be"),
        (b'{"b64": "?"}', "not base64"),
        (b'{"b64": "\\u00e4"}', "not base64"),
        (b'{"b64": ""}', "0 bytes"),
        (b'{"b64": "data:image/png;base64,"}', "0 bytes"),
        (b'{"b64": "data:image/png,abc"}', "not base64"),
        (b'{"b64": "abcde"}', "not base64"),
        (b'"aW1hZ2U="', "must be"),
        (b'{"inputs": {"image_bytes": [{"b64": "QQ=="}, {"b64": "QQ=="}]}}', "with one image"),
        (b'{"instances": [{"image": {"b64": "QQ=="}}]}', "must be"),
    ],
)
def test_unusable_json_is_400_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(RequestError, match=reason) as caught:
        handler.read_image(body, "application/json")
    assert caught.value.status == "400 Bad Request"


@given(st.binary(max_size=300))
def test_no_json_body_escapes_the_refusal(body: bytes) -> None:
    reason = "none"
    try:
        handler.read_image(body, "application/json")
    except RequestError as error:
        reason = error.status
    assert reason in {"none", "400 Bad Request"}


@FALCON
def test_a_body_over_the_limit_is_413_and_is_not_read_to_its_end() -> None:
    body = io.BytesIO(b"\0" * (handler.MAX_BODY_BYTES + 1000))
    context = SimpleNamespace(request_content_type="image/png", accept_header="*/*", rest_uri="")
    with pytest.raises(Exception, match="larger than 104857600 bytes"):
        handler.handler(body, context)
    assert len(body.read()) == 999


def test_a_body_may_have_100_mib_and_not_a_byte_more() -> None:
    most = 100 << 20
    handler.check_length(None)
    handler.check_length(most)
    assert len(handler.read_image(bytes(most), "image/png")) == most
    with pytest.raises(RequestError) as caught:
        handler.check_length(most + 1)
    assert caught.value.status == "413 Payload Too Large"
    with pytest.raises(RequestError, match="larger than 104857600 bytes"):
        handler.read_image(bytes(most + 1), "image/png")
    handler.check_length(7, limit=7)
    with pytest.raises(RequestError, match="larger than 7 bytes"):
        handler.check_length(8, limit=7)


@pytest.mark.parametrize(("parts", "reason"), [(1000, "not JSON"), (1001, "must be")])
def test_json_of_more_than_a_thousand_parts_is_not_parsed(parts: int, reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        handler.read_image(b"," * parts, "application/json")


NEAR = {"predictions": [{**THREE, "unknown_score": -0.5}]}


def context(address: str, **given: Any) -> SimpleNamespace:
    """A request as the container's service describes it."""
    usual = {"request_content_type": "image/png", "accept_header": "*/*"}
    return SimpleNamespace(rest_uri=f"{address}/v1/models/model:predict", **{**usual, **given})


@pytest.mark.parametrize(
    ("accept", "signature", "answer"),
    [
        ("*/*", None, {"probabilities": [0.2, 0.5, 0.3]}),
        ("application/json;calibrated=true", "calibrated", {"probabilities": [0.2, 0.5, 0.3]}),
        ("application/json;unknown=true", "unknown",
         {"probabilities": [0.2, 0.5, 0.3], "unknown": False, "unknown_score": -0.5}),
    ],
)  # fmt: skip
def test_a_request_asks_the_signature_of_its_answer_and_sends_the_image(
    monkeypatch: pytest.MonkeyPatch, accept: str, signature: str | None, answer: dict[str, Any]
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    asked: list[Any] = []
    with answering(200, json.dumps(NEAR).encode(), asked=asked) as address:
        body = io.BytesIO(b"some image")
        text, kind = handler.handler(body, context(address, accept_header=accept))
    assert (json.loads(text), kind) == (answer, "application/json")
    [request] = asked
    assert request["instances"] == [{"b64": base64.b64encode(b"some image").decode()}]
    assert request.get("signature_name") == signature


@FALCON
@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"request_content_type": "text/csv"}, "415 Unsupported Media Type"),
        ({"accept_header": "image/png"}, "406 Not Acceptable"),
        ({"content_length": (100 << 20) + 1}, "413 Payload Too Large"),
        ({"request_content_type": None}, "400 Bad Request"),
        # Of a model whose signature is older than this answer.
        ({"accept_header": "*/*;unknown=true"}, "406 Not Acceptable"),
    ],
)
def test_a_refusal_reaches_the_service_as_the_error_that_it_passes_on(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], status: str
) -> None:
    falcon = pytest.importorskip("falcon")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with (
        answering(200, json.dumps({"predictions": [THREE]}).encode()) as address,
        pytest.raises(falcon.HTTPError) as caught,
    ):
        handler.handler(io.BytesIO(b"image"), context(address, **given))
    assert caught.value.status == status
    assert f"{status[:4]}{caught.value.title}" == status
    assert str(caught.value) == caught.value.description


def test_without_falcon_a_refusal_is_the_error_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "falcon", None)
    with pytest.raises(RequestError, match="'text/csv' is not supported"):
        handler.handler(io.BytesIO(b"image"), context("", request_content_type="text/csv"))


def test_an_image_that_costs_too_much_is_400_and_the_limit_may_be_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = costly_images.png(30, 20, rows=1)
    assert handler.read_image(image, "image/png", 600) == image
    with pytest.raises(RequestError, match="600 pixels; at most 599 are served here") as caught:
        handler.read_image(image, "image/png", 599)
    assert caught.value.status == "400 Bad Request"
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", "70")
    with pytest.raises(RequestError, match="at most 70 are served"):
        handler.read_image(image, "image/png")


def test_verbose_names_the_labels() -> None:
    assert json.loads(container_answer.response_body(THREE, Form())) == {
        "probabilities": [0.2, 0.5, 0.3]
    }
    assert json.loads(container_answer.response_body(THREE, Form(verbose=True))) == THREE


def test_n_predictions_gives_the_most_probable_first() -> None:
    assert json.loads(container_answer.response_body(THREE, Form(n_predictions=2))) == {
        "probabilities": [0.5, 0.3], "labels": ["b", "c"], "predicted_label": "b",
    }  # fmt: skip
    everything = json.loads(container_answer.response_body(THREE, Form(n_predictions=99)))
    assert everything["labels"] == ["b", "c", "a"]


def test_binary_mode_says_which_class_the_one_probability_is_of() -> None:
    assert json.loads(container_answer.response_body(BINARY, Form())) == {"probabilities": [0.25]}
    assert json.loads(container_answer.response_body(BINARY, Form(verbose=True))) == {
        **BINARY, "positive_label": "dog",
    }  # fmt: skip
    assert json.loads(container_answer.response_body(BINARY, Form(n_predictions=1))) == {
        "probabilities": [0.75], "labels": ["cat"], "predicted_label": "cat",
        "positive_label": "dog",
    }  # fmt: skip


@pytest.mark.parametrize("media_type", container_answer.ANSWER_TYPES)
def test_a_model_that_answers_nan_is_no_fault_of_the_caller(media_type: str) -> None:
    broken = {**THREE, "probabilities": [float("nan")] * 3}
    with pytest.raises(ValueError, match="JSON"):
        container_answer.response_body(broken, Form(media_type=media_type))


def test_csv_is_a_row_of_probabilities_as_clarify_reads_it() -> None:
    """Without an index it takes the whole row; with one, the lists of labels and probabilities."""
    plain = Form(media_type="text/csv")
    assert container_answer.response_body(THREE, plain) == "0.2,0.5,0.3\n"
    assert container_answer.response_body(BINARY, plain) == "0.25\n"
    odd = {**THREE, "labels": ['5" tube', "a, b", "Käfer"]}
    text = container_answer.response_body(odd, plain._replace(verbose=True))
    [[labels, probabilities]] = csv.reader(io.StringIO(text))
    assert json.loads(labels) == ['5" tube', "a, b", "Käfer"]
    assert json.loads(probabilities) == [0.2, 0.5, 0.3]
    best = container_answer.response_body(THREE, plain._replace(n_predictions=1))
    assert best == '"[""b""]",[0.5]\n'


def test_an_unknown_image_is_said_in_every_type() -> None:
    far = {**THREE, "unknown_score": 0.30000001192092896}
    asked = Form(unknown=True)
    assert json.loads(container_answer.response_body(far, asked)) == {
        "probabilities": [0.2, 0.5, 0.3], "unknown": True, "unknown_score": 0.3,
    }  # fmt: skip
    near = {**THREE, "unknown_score": 0.0}
    text = container_answer.response_body(near, asked._replace(media_type="text/csv"))
    assert text == "0.2,0.5,0.3,false,0.0\n"


def test_json_lines_are_the_object_and_an_end_of_line() -> None:
    for form in (Form(), Form(verbose=True), Form(n_predictions=2)):
        lines = form._replace(media_type="application/jsonlines")
        text = container_answer.response_body(THREE, lines)
        assert text == container_answer.response_body(THREE, form) + "\n"


def test_a_model_without_the_signature_that_an_answer_needs_is_406(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    body = b'{"error": "Serving signature name: \\"calibrated\\" not found in signature def"}'
    form = Form(calibrated=True)
    with answering(400, body) as address, pytest.raises(RequestError) as caught:
        handler._predict(b"image", f"{address}/v1/models/model:predict", form)
    assert caught.value.status == "406 Not Acceptable"
    assert str(caught.value) == str(container_answer.lacking(form))


@pytest.mark.parametrize(
    ("uri", "status", "body", "said"),
    [
        ("versions/7:predict", 404, b'{"error": "Servable not found"}', "Servable not found"),
        ("model:classify", 400, b'{"error": "Expected classify signature"}', "Expected classify"),
        ("model:predict", 503, b"overloaded", "overloaded"),
        ("model:predict", 500, b"", "gave no reason"),
        ("model:predict", 400, b'{"error": "assertion failed: [no image]"}', "cannot be decoded"),
        ("model:predict", 201, b'{"predictions": []}', "TensorFlow Serving"),
        # Of the signature that every model has it is the model's fault, not the request's.
        ("model:predict", 404, b'{"error": "not found in signature def"}', "TensorFlow Serving"),
    ],
)
@pytest.mark.parametrize("phrase", [None, ""])
def test_what_tensorflow_serving_refuses_has_its_own_status_and_reason(
    monkeypatch: pytest.MonkeyPatch,
    uri: str,
    status: int,
    body: bytes,
    said: str,
    phrase: str | None,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with (
        answering(status, body, phrase) as address,
        pytest.raises(RequestError, match=said) as caught,
    ):
        handler._predict(b"image", f"{address}/v1/models/{uri}", Form())
    usual = "Bad Request" if said == "cannot be decoded" else "Error"
    expected = usual if phrase == "" else http.HTTPStatus(status).phrase
    assert caught.value.status == f"{status} {expected}"


def test_another_fault_of_a_signature_is_not_taken_for_its_absence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with answering(503, b'{"error": "out of memory"}') as address:
        form = Form(calibrated=True)
        with pytest.raises(RequestError, match="TensorFlow Serving: out of memory") as caught:
            handler._predict(b"image", f"{address}/v1/models/model:predict", form)
    assert caught.value.status == "503 Service Unavailable"


@contextmanager
def answering(
    status: int, body: bytes, phrase: str | None = None, asked: list[Any] | None = None
) -> Iterator[str]:
    """TensorFlow Serving, as far as it answers everything in the same way; yields its address."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if asked is not None:
                asked.append(request)
            self.send_response(status, phrase)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@given(st.floats(2**-100, 1, width=32))
def test_a_probability_is_the_shortest_text_of_its_float32(value: float) -> None:
    written = container_answer.shortest(value)
    assert np.float32(written) == np.float32(value)
    # numpy's repr is the shortest; nine digits, as from another JSON writer, are read the same.
    assert written == float(str(np.float32(value)))
    assert container_answer.shortest(float(f"{value:.9g}")) == written


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "a WebP image"),
        (b"\0\0\0\x18ftypheic\0\0", "a HEIC image"),
        (b"GIF89a", "a GIF image"),
        (b"\n<!DOCTYPE html>", "HTML or XML"),
        (b"plain words\n", "text"),
        (b"\0\1\2\3", "nothing known"),
        (b"", "nothing known"),
    ],
)
def test_the_apparent_kind_is_read_off_the_first_bytes(data: bytes, kind: str) -> None:
    assert container_answer.apparent_kind(data) == kind


def test_base64_form_in_the_415_text_is_the_one_that_is_read() -> None:
    form = handler._JSON_FORM.replace("<the image in base64>", base64.b64encode(b"x").decode())
    assert handler.read_image(form.encode(), "application/json") == b"x"
