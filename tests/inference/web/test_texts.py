"""What a folder of static files says: its page, its notices, its limits."""

import json
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk import extras
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.endpoint import page as endpoint_page
from ic_tf_sdk.inference.web import limits, notices, page
from ic_tf_sdk.pages import look


def given(script: str) -> dict[str, object]:
    line = next(line for line in script.splitlines() if line.startswith("const GIVEN = "))
    return dict(json.loads(line.removeprefix("const GIVEN = ").removesuffix(";")))


def test_the_page_has_its_parts_in_their_order() -> None:
    texts = page.texts()
    assert set(texts) == {"index.html", "page.css", "page.js", "served.js", "worker.js"}
    assert texts["page.css"] == look.STYLE + endpoint_page.stylesheet() + page._part("web.css")
    assert texts["page.js"].endswith(page._part("folders.js"))
    assert page._part("here.js") in texts["page.js"]
    assert page.RULES in texts["index.html"]


def test_the_page_asks_for_one_picture_at_a_time_and_gives_up_as_the_endpoints_does() -> None:
    told = given(page.texts()["page.js"])
    assert (told["at_once"], told["explains"], told["pictures"]) == (1, False, 1000)
    assert told["seconds"] == 130
    assert given(page.decoder())["pixels"] == 50_000_000


def test_a_browsers_memory_bounds_what_the_page_takes() -> None:
    # Each pixel takes 27 bytes of the 4 GiB, the model twice its size.
    assert limits.MOST_PIXELS * 27 + 2 * limits.MOST_MODEL_BYTES < 4 << 30
    assert limits.MOST_MODEL_BYTES == 1_073_741_824
    assert limits.MOST_PIXELS == 50_000_000
    assert limits.MOST_DIFFERENCE == 0.001


@pytest.fixture
def licences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Those of this package, by name; the runtime's lie in its folder."""
    ours: dict[str, str | None] = {"LICENSE": "Apache", "NOTICE": "of ic-tf-sdk"}
    found = SimpleNamespace(read_text=lambda name: ours[name.removeprefix("licenses/")])
    monkeypatch.setattr(metadata, "distribution", lambda _: found)
    for name in ("LICENSE", "ThirdPartyNotices.txt"):
        (tmp_path / name).write_bytes(f"{name} \u00e9".encode() + b"\xff")
    runtime = SimpleNamespace(__file__=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(extras, "load", lambda name: {"onnxruntime": runtime}[name])
    return ours


def test_every_licence_of_what_is_carried_away_goes_with_it(
    licences: dict[str, str | None],
) -> None:
    texts = notices.texts()
    assert "python3 -m http.server" in texts.pop("README.txt")
    assert texts == {
        "licences/ic-tf-sdk-LICENSE.txt": "Apache",
        "licences/ic-tf-sdk-NOTICE.txt": "of ic-tf-sdk",
        "licences/onnxruntime-LICENSE.txt": "LICENSE \u00e9\ufffd",
        "licences/onnxruntime-ThirdPartyNotices.txt": "ThirdPartyNotices.txt \u00e9\ufffd",
    }


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_licence_nothing_is_carried_away(
    text: str | None, licences: dict[str, str | None]
) -> None:
    licences["NOTICE"] = text
    with pytest.raises(UserError, match=r"ic-tf-sdk-NOTICE\.txt is missing from this installation"):
        notices.texts()
