"""Who may ask the endpoint: by which name, and from which web page.

A page whose name is pointed at this machine would otherwise read labels and answers, and any page
at all could send images. Programs say nothing of where they come from, and are answered.
"""

import os
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ic_tf_sdk import settings
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.endpoint import refusals

__all__ = ["HOSTS_VARIABLE", "AllowedHosts", "Callers"]

HOSTS_VARIABLE = "IC_TF_SDK_ALLOWED_HOSTS"
"""The environment variable with the names that ``--allowed-host`` gives, with commas."""

_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"\*|(\*\.)?{_LABEL}(\.{_LABEL})*")
_SHOWN_CHARACTERS = 80


class AllowedHosts:
    """The names under which an endpoint answers.

    Args:
        names: Besides its own: as ``proxy.example``, ``*.example`` or ``*``. None takes those of
            the settings.
        any_name: Whether it answers under every name where none is given, as for a load balancer.

    Raises:
        UserError: One or more are no names.
    """

    def __init__(self, names: Sequence[str] | None = None, *, any_name: bool = False) -> None:
        given = names or _configured()
        self._names = [name.strip().lower() for name in given]
        wrong = [repr(name) for name in given if not _is_name(name.strip().lower())]
        if wrong:
            raise UserError(
                "--allowed-host takes a name without port or scheme, as proxy.example or "
                f"*.example, not {', '.join(wrong)}."
            )
        self._any = any_name and not self._names

    @property
    def frames(self) -> str:
        """The directive of a Content-Security-Policy: whose pages may show this one."""
        # The directive has no form for an address of IPv6.
        sources = [
            "*" if name == "*" else f"http://{name}:* https://{name}:*"
            for name in self._names
            if ":" not in name
        ]
        return " ".join(["frame-ancestors 'self'", *sources])

    def may_address(self, host: str) -> bool:
        """Whether the endpoint answers under this name.

        Args:
            host: Of the Host header, without its port.
        """
        return self._any or _is_loopback(host) or self.given(host)

    def given(self, host: str) -> bool:
        """Whether this name was given as one that may ask.

        Args:
            host: A name in small letters.
        """
        return any(_fits(name, host) for name in self._names)


class Callers:
    """ASGI middleware that refuses foreign names and other sites' pages, and says so to browsers.

    Args:
        app: What answers.
        hosts: The names under which it does.
    """

    def __init__(self, app: ASGIApp, *, hosts: AllowedHosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                policy = headers.get("Content-Security-Policy", "default-src 'none'")
                headers["Content-Security-Policy"] = f"{policy}; {self._hosts.frames}"
            await send(message)

        headers = Headers(scope=scope)
        reason = self._wrong_name(headers) or self._wrong_page(scope["method"], headers)
        answer = (
            self._app if reason is None else refusals.answer(RequestError("403 Forbidden", reason))
        )
        await answer(scope, receive, guarded)

    def _wrong_name(self, headers: Headers) -> str | None:
        names = [_host(value) for value in headers.getlist("host")]
        # No browser leaves it out; some programs that look whether a server lives do.
        if all(map(self._hosts.may_address, names)) and len(names) < 2:
            return None
        said = names[0][:_SHOWN_CHARACTERS]
        return (
            f"The endpoint does not answer under the name {said!r}. Ask it as 127.0.0.1 or "
            f"localhost; behind a proxy of that name, start it with --allowed-host {said}."
        )

    def _wrong_page(self, method: str, headers: Headers) -> str | None:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site in ("same-origin", "none"):
            return None
        opens_page = method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"
        page = _host(urlsplit(origin).netloc) if origin else ""
        ours = page != "" and (_is_loopback(page) or page == _host(headers.get("host", "")))
        if opens_page or self._hosts.given(page) or (site != "cross-site" and (ours or not origin)):
            return None
        said = (page or origin or "another site")[:_SHOWN_CHARACTERS]
        return (
            f"The endpoint does not answer a web page of {said}. If it may ask, start the endpoint "
            f"with --allowed-host {page[:_SHOWN_CHARACTERS] or 'NAME'}."
        )


def _configured() -> Sequence[str]:
    if settings.allowed_hosts is not None:
        return settings.allowed_hosts
    return [name for name in os.environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()]


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None or _address(name) is not None


def _fits(name: str, host: str) -> bool:
    if name == "*":
        return host != ""
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def _host(netloc: str) -> str:
    """The name or address of a Host header's value or an origin, in small letters."""
    name = netloc.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
