"""Pages are by one hand: the look stands in one place, and its colours can be read."""

import re
from importlib.resources import files

import pytest

from ic_tf_sdk.inference.endpoint import page
from ic_tf_sdk.pages import look

LIGHT, DARK = (
    dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in look.COLOURS.split("@media")
)


def luminance(colour: str) -> float:
    """As WCAG 2 has it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(colours: dict[str, str]) -> None:
    for text in ("ink", "soft", "accent", "wrong"):
        for ground in ("ground", "sheet"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    # Numbers in the cells of a matrix, whose fill is anything between the sheet and these.
    for fill in ("bar", "miss"):
        assert contrast(colours["ink"], colours[fill]) >= 4.5, fill
    # Lines of a chart.
    for line in ("accent", "second", "soft"):
        assert contrast(colours[line], colours["ground"]) >= 3, line


def test_both_schemes_have_every_colour() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_the_endpoints_page_takes_it_from_here() -> None:
    folder = files("ic_tf_sdk.inference.endpoint").joinpath("browser")
    parts = [part.read_text(encoding="utf-8") for part in folder.iterdir()]
    assert sum(part.count(look.MARK) for part in parts) == 1
    assert "--ground:" not in "".join(parts)
    whole = page.render(explains=False, seconds=60)
    assert whole.count("--ground:") == 2
    used = set(re.findall(r"var\(--(\w+)", whole))
    assert used <= LIGHT.keys()
