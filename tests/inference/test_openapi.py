"""The endpoint's description says of a request and an answer what is true of them."""

from typing import Any

from ic_tf_sdk.contract.container_handler import CONTENT_TYPES, IMAGE_TYPES
from ic_tf_sdk.inference.endpoint.openapi import document


def described(path: str, method: str, **given: bool) -> dict[str, Any]:
    found: dict[str, Any] = document(**given)["paths"][path][method]
    return found


def test_a_body_is_an_image_or_json_with_exactly_one() -> None:
    for path in ("/invocations", "/explanations", "/corrections"):
        body = described(path, "post", explains=True, collects=True)["requestBody"]
        assert body["required"] is True
        assert set(body["content"]) == {*IMAGE_TYPES, "application/json"}
        instances = body["content"]["application/json"]["schema"]["properties"]["instances"]
        assert (instances["minItems"], instances["maxItems"]) == (1, 1)
        assert instances["items"]["properties"]["b64"]["contentEncoding"] == "base64"
    assert CONTENT_TYPES[-1] == "application/json"


def test_a_probability_is_from_nought_to_one() -> None:
    answers = described("/invocations", "post")["responses"]["200"]["content"]
    assert set(answers) == {"application/json", "application/jsonlines", "text/csv"}
    numbers = answers["application/json"]["schema"]["properties"]["probabilities"]["items"]
    assert numbers == {"type": "number", "minimum": 0, "maximum": 1}
    model = described("/model", "get")["responses"]["200"]["content"]["application/json"]["schema"]
    accuracy = model["properties"]["evaluation"]["properties"]["accuracy"]
    assert accuracy == {"type": "number", "minimum": 0, "maximum": 1}
    assert {"labels", "calibrated"} <= set(model["required"])


def test_every_refusal_is_described_and_explanations_only_where_there_are_any() -> None:
    statuses = {"400", "401", "403", "406", "408", "413", "415", "503"}
    assert set(described("/invocations", "post")["responses"]) == statuses | {"200"}
    assert set(described("/explanations", "post", explains=True)["responses"]) == statuses | {"200"}
    assert set(document()["paths"]) == {"/invocations", "/live", "/model", "/ping"}
    assert set(document(explains=True)["paths"]) - set(document()["paths"]) == {"/explanations"}


def test_a_correction_needs_its_class_and_may_have_a_name() -> None:
    parameters = described("/corrections", "post", collects=True)["parameters"]
    assert {one["name"]: one["required"] for one in parameters} == {"label": True, "name": False}
    assert {one["in"] for one in parameters} == {"query"}
    assert "/corrections" not in document()["paths"]
