"""Who may ask, decided from the headers alone: no server, so that every pair can be tried."""

import asyncio
import json
from typing import Any

import pytest

from ic_tf_sdk import settings
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.endpoint.callers import AllowedHosts, Callers

OK = [
    {"type": "http.response.start", "status": 200, "headers": []},
    {"type": "http.response.body", "body": b"fine"},
]


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IC_TF_SDK_ALLOWED_HOSTS", raising=False)
    monkeypatch.setattr(settings, "allowed_hosts", None)


def answered(
    *headers: tuple[str, str],
    hosts: AllowedHosts | None = None,
    method: str = "POST",
    kind: str = "http",
    own: tuple[tuple[bytes, bytes], ...] = (),
) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of what a browser gets."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({**OK[0], "headers": list(own)})
        await send(OK[1])

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "method": method, "path": "/ping", "headers": raw}
    asyncio.run(Callers(app, hosts=hosts or AllowedHosts())(scope, receive, send))
    found = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], sent[1]["body"].decode(), found


def asked(host: str, *, hosts: AllowedHosts | None = None, **named: str) -> int:
    """The status of an answer; of a page, where ``origin``, ``site`` or ``mode`` are given."""
    names = {"origin": "origin", "site": "sec-fetch-site", "mode": "sec-fetch-mode"}
    method = named.pop("method", "POST")
    headers = [(names[name], value) for name, value in named.items()]
    return answered(("host", host), *headers, hosts=hosts, method=method)[0]


def test_who_says_no_name_is_answered_and_two_names_are_none() -> None:
    assert answered()[0] == 200
    assert answered(("host", "localhost"), ("host", "localhost"))[0] == 403
    assert answered(("host", "localhost"), ("host", "evil.example"))[0] == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "127.0.0.1:80", "[::1]:8", "127.9.9.9"]
)
def test_the_loopbacks_names_are_answered(host: str) -> None:
    assert asked(host) == 200


def test_a_refusal_says_the_name_and_the_option_and_cuts_both() -> None:
    status, text, headers = answered(("host", "e" * 90))
    said = json.loads(text)["description"]
    assert status == 403
    assert f"the name {'e' * 80!r}." in said
    _, text, _ = answered(("host", "first.example"), ("host", "localhost"))
    assert "the name 'first.example'." in json.loads(text)["description"]
    assert said.endswith(f"with --allowed-host {'e' * 80}.")
    assert headers["content-type"] == "application/json"
    status, text, _ = answered(("host", "localhost"), ("origin", f"https://{'o' * 90}"))
    assert status == 403
    assert f"a web page of {'o' * 80}." in json.loads(text)["description"]
    for origin, said in (("null", "null"), (None, "another site")):
        given = [("origin", origin)] if origin else []
        _, text, _ = answered(("host", "localhost"), ("sec-fetch-site", "cross-site"), *given)
        assert f"a web page of {said}. " in json.loads(text)["description"]
        assert "--allowed-host NAME." in json.loads(text)["description"]


HERE, THERE = "http://127.0.0.1:3000", "https://evil.example"


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"site": "same-origin", "origin": THERE}, 200),
        ({"site": "none"}, 200),
        ({"site": "same-site"}, 200),
        ({"site": "same-site", "origin": THERE}, 403),
        ({"site": "cross-site", "origin": HERE}, 403),
        ({"origin": HERE}, 200),
        ({"origin": "http://[::1]:3000"}, 200),
        ({"origin": "http://localhost.:3000"}, 200),
        ({"origin": ""}, 200),
        ({"origin": "null"}, 403),
        ({"origin": "about:blank"}, 403),
        ({"site": "cross-site", "mode": "navigate", "method": "GET"}, 200),
        ({"site": "cross-site", "mode": "navigate", "method": "HEAD"}, 200),
        ({"site": "cross-site", "mode": "navigate", "method": "POST"}, 403),
        ({"site": "cross-site", "mode": "cors", "method": "GET"}, 403),
        ({"site": "cross-site", "method": "GET"}, 403),
        ({"mode": "navigate", "method": "GET", "origin": THERE}, 200),
    ],
)
def test_a_page_is_judged_by_what_its_browser_says(named: dict[str, str], status: int) -> None:
    assert asked("localhost", **named) == status


def test_a_page_of_the_very_name_is_ours() -> None:
    hosts = AllowedHosts(any_name=True)
    assert asked("a.example:80", origin="https://a.example", hosts=hosts) == 200
    assert asked("a.example", origin="https://b.example", hosts=hosts) == 403
    # Where no host is said, no page is of it.
    assert answered(("origin", "https://"), hosts=hosts)[0] == 403


def test_a_name_that_was_given_may_ask_from_its_pages() -> None:
    hosts = AllowedHosts([" Proxy.Example ", "*.studio.example"])
    for name in ("proxy.example", "a.studio.example", "b.a.studio.example"):
        assert asked(name, hosts=hosts) == 200
        assert asked("localhost", origin=f"https://{name}", site="cross-site", hosts=hosts) == 200
    for name in ("studio.example", "xproxy.example", "proxy.example.evil"):
        assert asked(name, hosts=hosts) == 403
        assert asked("localhost", origin=f"https://{name}", hosts=hosts) == 403


def test_every_name_is_one_but_none() -> None:
    every = AllowedHosts(["*"])
    assert asked("anything", hosts=every) == 200
    assert asked("", hosts=every) == 403
    assert every.given("x")
    assert not every.given("")


def test_any_name_is_answered_only_where_none_is_given() -> None:
    assert AllowedHosts(any_name=True).may_address("x.example")
    assert not AllowedHosts(["a.example"], any_name=True).may_address("x.example")
    assert not AllowedHosts().may_address("x.example")


@pytest.mark.parametrize(
    "name", ["a", "_a", "a-b.c_d", "a" * 63, "*", "*.a.b", "10.0.0.7", "fd00::7", "A.B"]
)
def test_names_and_addresses_are_taken(name: str) -> None:
    assert AllowedHosts([name]).given(name.lower().replace("*", "x"))


@pytest.mark.parametrize("name", ["a" * 64, "-a", "a-", "a.", ".a", "a..b", "*a", "a:80", "[::1]"])
def test_what_is_no_name_is_refused_with_all_others(name: str) -> None:
    with pytest.raises(UserError) as refused:
        AllowedHosts(["good.example", name, "b c"])
    assert f"not {name!r}, 'b c'." in str(refused.value)


def test_a_setting_goes_before_the_variable_and_blanks_are_no_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IC_TF_SDK_ALLOWED_HOSTS", "a.example, ,b.example,")
    assert AllowedHosts()._names == ["a.example", "b.example"]
    monkeypatch.setattr(settings, "allowed_hosts", ())
    assert AllowedHosts()._names == []
    assert AllowedHosts([])._names == []


def test_every_answer_says_what_it_is_and_who_may_frame_it() -> None:
    _, _, headers = answered(("host", "localhost"))
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert policy == "default-src 'none'; frame-ancestors 'self'"
    page = (b"content-security-policy", b"default-src 'self'")
    hosts = AllowedHosts(["a.example", "fd00::7", "*.b.example"])
    _, _, headers = answered(("host", "localhost"), hosts=hosts, own=(page,))
    assert headers["content-security-policy"] == (
        "default-src 'self'; frame-ancestors 'self' http://a.example:* https://a.example:* "
        "http://*.b.example:* https://*.b.example:*"
    )
    assert AllowedHosts(["*"]).frames == "frame-ancestors 'self' *"


def test_what_is_no_request_is_passed_on() -> None:
    _, _, headers = answered(("host", "evil.example"), kind="lifespan")
    assert headers == {}
