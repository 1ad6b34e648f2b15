"""``docs/llms.txt``: the pages of the documentation in one list, for programs that read them."""

import re
from pathlib import Path

__all__ = ["text"]

_HEAD = """# ic_tf_sdk

> SageMaker's built-in algorithm Image Classification - TensorFlow, open and runnable anywhere:
> fine-tune a TensorFlow Hub image classifier on a folder of class folders, here without an AWS
> account or on SageMaker with the same code. Python package `ic-tf-sdk`, command `ic-tf`.
"""
_SECTIONS = {
    "Tutorial": "tutorial",
    "Guides": "guides",
    "Reference": "reference",
    "Explanations": "explanation",
    "Measurements": "measurements",
}
_FURTHER = ("troubleshooting", "benchmarks", "security", "architecture")


def text(docs: Path) -> str:
    """The file: a list of pages by section, each with its title and its first sentence.

    Args:
        docs: The folder of the documentation.
    """
    parts = [_HEAD]
    for title, folder in _SECTIONS.items():
        pages = [page for page in (docs / folder).rglob("*.md") if page.stem != "index"]
        # Those of the tutorial are numbered.
        parts.append(_section(title, sorted(pages, key=_title), docs))
    single = [docs / f"{name}.md" for name in _FURTHER]
    return "\n".join([*parts, _section("Further", single, docs)])


def _section(title: str, pages: list[Path], docs: Path) -> str:
    places = [page.relative_to(docs).as_posix() for page in pages]
    lines = [
        f"- [{_title(page)}]({place}){_says(page)}"
        for page, place in zip(pages, places, strict=True)
    ]
    return "\n".join([f"## {title}", "", *lines, ""])


def _content(page: Path) -> str:
    content = page.read_text(encoding="utf-8")
    included = re.match(r"```{include} (\S+)", content)
    return _content(page.parent / included[1]) if included else content


def _title(page: Path) -> str:
    heading = re.search(r"^# (.+)$", _content(page), re.MULTILINE)
    return re.sub(r"[`\[\]]", "", heading[1]) if heading else page.stem


def _says(page: Path) -> str:
    """A colon and the first sentence of prose; nothing where a page begins with something else."""
    body = re.sub(r"<!--.*?-->", "", _content(page), flags=re.DOTALL)
    blocks = [block.strip() for block in re.split(r"\n\s*\n", body)]
    said = (block for block in blocks if re.match(r"[A-Z`]", block) and "```" not in block)
    prose = next(said, "")
    sentence = re.split(r"(?<=[.:]) ", " ".join(prose.split()), maxsplit=1)[0]
    plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", sentence).rstrip(":")
    return f": {plain}" if plain else ""
