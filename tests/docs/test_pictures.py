"""The pictures of the documentation are those that the tool takes, small, and told in words."""

import re
from pathlib import Path

import pytest
from PIL import Image

from tests import chromium
from tools import pictures

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
SHOWN = [
    (page, alt, (page.parent / link).resolve())
    for page in PAGES
    if "_build" not in page.parts
    for alt, link in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
]


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        image.load()
        assert image.format == "WEBP"
        # Not one colour.
        assert len(image.convert("L").resize((16, 16)).getcolors()) > 3
        return image.size


def test_each_picture_that_a_page_shows_is_one_that_the_tool_takes() -> None:
    taken = {pictures.FOLDER / f"{name}.webp" for name in pictures.PICTURES}
    assert {path for _, _, path in SHOWN} == taken
    assert set(pictures.FOLDER.iterdir()) == taken


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_small_and_its_text_says_what_it_shows(name: str) -> None:
    path = pictures.FOLDER / f"{name}.webp"
    assert path.stat().st_size < pictures.MOST_BYTES
    width, height = size(path)
    assert 500 <= width <= 1400
    assert height <= 1600
    texts = [alt for _, alt, shown in SHOWN if shown == path]
    assert all(len(alt.split()) >= 8 for alt in texts), texts


@pytest.mark.slow
@pytest.mark.timeout(1800)
@chromium.needs_chromium
def test_the_tool_takes_all_of_them_anew(tmp_path: Path) -> None:
    pictures.take(tmp_path, list(pictures.PICTURES))
    for name in pictures.PICTURES:
        new, old = (size(folder / f"{name}.webp") for folder in (tmp_path, pictures.FOLDER))
        assert new[0] == old[0]
        assert abs(new[1] - old[1]) < 200
