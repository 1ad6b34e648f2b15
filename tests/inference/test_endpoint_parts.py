"""What the endpoint is made of, each alone, without a model: who is let in, what is refused."""

import asyncio
import io
import json
import os
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from ic_tf_sdk.contract.bearer_token import BearerTokens
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.endpoint import page, refusals, request_id
from ic_tf_sdk.inference.endpoint.authentication import Authentication
from ic_tf_sdk.inference.endpoint.corrections import Collecting, Corrections

TOKEN = "a-token-that-nobody-shall-see"
LABELS = ("dots", "plain")
REQUEST = Request({"type": "http", "headers": []})


def asked(path: str, *headers: tuple[bytes, bytes], kind: str = "http") -> SimpleNamespace:
    """The answer of an endpoint with a token, whose application says "fine"."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def fine(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("fine")({**scope, "type": "http"}, receive, send)

    tokens = BearerTokens([TOKEN])
    app = Authentication(fine, tokens=tokens, open_paths=["/ping"])
    scope = {"type": kind, "path": path, "method": "GET", "headers": list(headers)}
    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]
    start, body = sent
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return SimpleNamespace(status=start["status"], headers=names, body=body["body"])


BEARER = (b"authorization", f"Bearer {TOKEN}".encode())


def test_a_request_needs_the_token_unless_its_path_is_open() -> None:
    assert asked("/model", BEARER).body == b"fine"
    assert asked("/ping").body == b"fine"
    refused = asked("/model")
    assert refused.status == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="ic-tf serve"'
    said = json.loads(refused.body)["description"]
    assert said.startswith("This endpoint asks for a token: ")
    # What is no request, such as the server's start, passes.
    assert asked("/model", kind="lifespan").body == b"fine"


def test_who_gives_another_token_is_told_that_it_is_none() -> None:
    refused = asked("/model", (b"authorization", b"Bearer another"))
    assert refused.status == 401
    challenge = 'Bearer realm="ic-tf serve", error="invalid_token"'
    assert refused.headers["www-authenticate"] == challenge
    said = json.loads(refused.body)["description"]
    assert said.startswith("That is not the token. This endpoint asks for a token")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("408 Request Timeout", {"connection": "close"}),
        ("503 Service Unavailable", {"retry-after": "1"}),
        ("400 Bad Request", {}),
    ],
)
def test_a_refusal_says_whether_to_go_or_to_come_again(
    status: str, headers: dict[str, str]
) -> None:
    answer = refusals.answer(RequestError(status, "Because."), {"X-More": "1"})
    assert answer.status_code == int(status[:3])
    assert answer.media_type == "application/json"
    found = {name: answer.headers[name] for name in answer.headers if "content" not in name}
    assert found == {**headers, "x-more": "1"}
    plain = refusals.answer(RequestError(status, "Because."))
    assert "x-more" not in plain.headers
    assert json.loads(bytes(plain.body))["description"] == "Because."


def test_what_starlette_refuses_has_the_same_form() -> None:
    error = HTTPException(405, "Method Not Allowed", {"Allow": "GET"})
    answer = asyncio.run(refusals.of_http_exception(REQUEST, error))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert json.loads(bytes(answer.body))["title"] == "Method Not Allowed"


@pytest.mark.parametrize("name", ["one-7", None])
def test_a_failure_names_its_request(name: str | None) -> None:
    before = request_id.CURRENT.set(name)
    try:
        answer = asyncio.run(refusals.of_failure(REQUEST, ValueError("secret")))
    finally:
        request_id.CURRENT.reset(before)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == (name or "-")
    assert f"of the request {name or '-'}." in json.loads(bytes(answer.body))["description"]
    assert b"secret" not in bytes(answer.body)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


class Model:
    """Three pixels wide is no picture of this model; each other one is."""

    labels = LABELS

    def load_image(self, image: bytes) -> None:
        if Image.open(io.BytesIO(image)).width == 3:
            raise RequestError("400 Bad Request", "It does not decode.")


MODEL: Any = Model()


def picture(width: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, 4)).save(stream, "PNG")
    return stream.getvalue()


def question(query: bytes) -> Request:
    return Request({"type": "http", "headers": [], "query_string": query})


def test_corrections_are_kept_where_the_endpoint_collects(tmp_path: Path) -> None:
    corrections = Corrections(Collecting(tmp_path, most_images=1))
    assert corrections.allowed
    corrections.open(MODEL)
    corrections.refuse()
    assert corrections.asked(question(b"label=dots&name=a.png")) == ("dots", "a.png")
    assert corrections.asked(question(b"label=plain")) == ("plain", "")
    with pytest.raises(RequestError, match=r"POST /corrections\?label=CLASS") as refused:
        corrections.asked(question(b"name=a.png"))
    assert refused.value.status == "400 Bad Request"
    with pytest.raises(RequestError, match="is no class of the model"):
        corrections.asked(question(b"label=dot"))

    async def keep(width: int) -> Any:
        return await corrections.keep(MODEL, picture(width), "dots", "a.png")

    with pytest.raises(RequestError, match="does not decode"):
        asyncio.run(keep(3))
    assert asyncio.run(keep(4)).state == "new"
    with pytest.raises(RequestError, match="1 of at most 1"):
        asyncio.run(keep(5))


def test_corrections_keep_nothing_where_the_endpoint_does_not_collect() -> None:
    corrections = Corrections(None)
    assert not corrections.allowed
    corrections.open(MODEL)
    with pytest.raises(RequestError, match="keeps no picture; `ic-tf serve --collect DIR`") as no:
        corrections.refuse()
    assert no.value.status == "403 Forbidden"


def test_a_folder_of_another_model_is_refused_when_the_model_is_known(tmp_path: Path) -> None:
    (tmp_path / "tulips").mkdir()
    with pytest.raises(UserError, match="tulips"):
        Corrections(Collecting(tmp_path)).open(MODEL)


def given(text: str) -> Any:
    """What the page's script is told."""
    line = next(line for line in text.splitlines() if line.startswith("const GIVEN = "))
    return json.loads(line.removeprefix("const GIVEN = ").removesuffix(";"))


def test_an_endpoints_page_is_told_what_the_endpoint_does() -> None:
    text = page.render(explains=True, seconds=12.5)
    told = given(text)
    assert told.items() >= {"pictures": 100, "explains": True, "collects": False}.items()
    assert (told["seconds"], told["at_once"]) == (12.5, page.AT_ONCE)
    assert given(page.render(explains=False, collects=True, seconds=1))["collects"] is True
    assert "/* style */" not in text
    assert "/* script */" not in text
    assert page.stylesheet() in text
    assert 2 <= page.AT_ONCE <= 4


@pytest.mark.parametrize(("cores", "count"), [(None, 2), (1, 2), (3, 3), (4, 4), (64, 4)])
def test_a_tab_asks_for_as_many_at_once_as_are_answered_side_by_side(
    cores: int | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert runpy.run_path(page.__file__)["AT_ONCE"] == count


def test_a_page_has_what_belongs_to_its_place() -> None:
    endpoint, web = page.document("endpoint"), page.document("web")
    assert "<!-- endpoint:" not in endpoint + web
    assert "<!-- web:" not in endpoint + web
    assert endpoint != web
    assert 'id="token"' in endpoint
    assert 'id="token"' not in web
    asking = "const ask = () => 'in this browser';"
    script = page.script({"seconds": 1}, asking=asking)
    assert asking in script
    of_endpoint = page.script({"seconds": 1})
    for name in ("token", "correction", "endpoint"):
        text = page._part(f"{name}.js")
        assert text in of_endpoint
        assert text not in script
    assert page._part("pictures.js") in script
