"""The endpoint's page in a browser, as a person uses it; and what may stand before the endpoint."""

import asyncio
import base64
import csv
import io
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# A drop as the browser would make it, of files that the test names.
_DROP = """
const data = new DataTransfer();
for (const [name, type, base64] of arguments[0]) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  data.items.add(new File([bytes], name, {type}));
}
document.getElementById("drop").dispatchEvent(
  new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
"""
_PASTE = """
const [name, base64] = arguments;
const data = new DataTransfer();
data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
"""


class Window:
    """The page at an address."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser = browser
        browser.get(url)

    def element(self, name: str) -> Any:
        return self.browser.find_element("id", name)

    def text(self, name: str) -> str:
        text: str = self.element(name).text
        return text

    def shown(self, name: str) -> bool:
        return bool(self.element(name).is_displayed())

    def all_texts(self, selector: str) -> list[str]:
        return [one.text for one in self.browser.find_elements("css selector", selector)]

    def wait(self, name: str, word: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, 30, 0.05).until(lambda _: word in self.text(name))

    def choose(self, *paths: Path) -> None:
        self.element("file").send_keys("\n".join(map(str, paths)))

    def drop(self, files: Iterable[tuple[str, bytes]]) -> None:
        named = [(name, "", base64.b64encode(body).decode()) for name, body in files]
        self.browser.execute_script(_DROP, named)

    def paste(self, name: str, body: bytes) -> None:
        self.browser.execute_script(_PASTE, name, base64.b64encode(body).decode())

    def pick(self, name: str, label: str) -> None:
        """Choose in a list, as a person does."""
        from selenium.webdriver.support.ui import Select

        Select(self.element(name)).select_by_value(label)

    def cards(self) -> list[str]:
        """What stands below each picture, its file's name first."""
        return [text.replace("no picture\n", "") for text in self.all_texts(".card")]

    def table(self) -> list[list[str]]:
        """The cells of the table that would be saved."""
        text = self.browser.execute_script("return csv(pictures)")
        return list(csv.reader(io.StringIO(text, newline="")))


class Before:
    """An ASGI application before another one, which answers the next requests in its place.

    Args:
        app: What answers when nothing is prepared.

    Attributes:
        answers: Status, body and seconds of each answer to come, of ``/invocations``.
        most_open: How many requests there were at once.
        together: Each waits so many seconds for another to be open, too.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._open = 0
        self.most_open = 0
        self.together = 0.0
        self.answers: list[tuple[int, str, float]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/invocations":
            await self._app(scope, receive, send)
            return
        self._open += 1
        self.most_open = max(self.most_open, self._open)
        try:
            end = time.monotonic() + self.together
            while self._open < 2 and time.monotonic() < end:
                await asyncio.sleep(0.01)
            if not self.answers:
                await self._app(scope, receive, send)
                return
            status, body, seconds = self.answers.pop(0)
            while (await receive()).get("more_body"):
                pass
            await asyncio.sleep(seconds)
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": body.encode()})
        finally:
            self._open -= 1
