"""The page that each error names has a heading for it, and sentences that the package says."""

import re
from pathlib import Path

import pytest

from ic_tf_sdk import errors
from ic_tf_sdk.cli import failure, group
from tests.docs import sentences

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / failure.PAGE).read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
CLASSES = {name for name in errors.__all__ if name.endswith("Error")} - {"IcTfSdkError"}
# Those of the job's container and of the signals that `exit-codes-and-signals.md` explains.
CODES = {0, group.USER_ERROR, 2, group.INTERNAL_ERROR, 4, 129, 130, 143}
ROWS = [
    (heading, said)
    for heading, text in SECTIONS.items()
    for said in re.findall(r"^\| (.+?) \| .+ \|$", text, re.MULTILINE)
    if said != "it says"
]


def spoken(said: str, texts: set[str]) -> bool:
    """Whether a sentence, less what ``…`` stands for, is in one of the texts."""
    assert len(re.sub(r"\W", "", said)) >= 10, f"too little of a sentence: {said}"
    parts = [re.escape(part.strip()) for part in said.split("…") if part.strip(" .:")]
    pattern = re.compile(".*?".join(parts), re.DOTALL)
    return any(pattern.search(text) for text in texts)


def test_every_class_and_every_exit_code_has_a_heading() -> None:
    assert set(SECTIONS) == CLASSES | {f"Exit code {code}" for code in CODES}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_has_a_sentence(name: str) -> None:
    assert [said for heading, said in ROWS if heading == name]


def test_the_package_says_every_sentence_of_the_page() -> None:
    texts = {re.sub(r"\s+", " ", text) for text in sentences.texts()}
    wrong = [f"{heading}: {said}" for heading, said in ROWS if not spoken(said, texts)]
    assert not wrong


def test_the_check_would_see_a_sentence_that_nobody_says() -> None:
    assert not spoken("The moon … is full.", sentences.texts())


def test_every_address_that_an_error_can_name_leads_to_its_heading() -> None:
    addresses = {failure.help_line(heading).partition("#")[2] for heading in SECTIONS}
    assert addresses == {re.sub(r"\W", "-", heading.lower()) for heading in SECTIONS}
    for kind in CLASSES:
        assert failure.title(type(f"Below{kind}", (getattr(errors, kind),), {})) == kind


def test_the_page_of_exit_codes_has_the_same_codes() -> None:
    page = (ROOT / "docs/reference/exit-codes-and-signals.md").read_text(encoding="utf-8")
    assert {int(code) for code in re.findall(r"^\| ([0-9]+) \|", page, re.MULTILINE)} == CODES
