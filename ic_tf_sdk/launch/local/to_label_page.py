"""The page of the pictures to label: each with what the model takes it for, and what else."""

from pathlib import Path

from ic_tf_sdk.contract import output_files
from ic_tf_sdk.launch.local.to_label import ToLabel, Unsure
from ic_tf_sdk.launch.page_frame import framed
from ic_tf_sdk.pages.markup import cell, percent, text

__all__ = ["render", "write"]

_NAME = 60
_STYLE = """\
.pictures { display: grid; gap: 1rem; padding: 0; margin: 1rem 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)) }
.pictures li { background: var(--sheet); border: 1px solid var(--line); border-radius: .4rem;
  padding: .6rem; overflow-wrap: anywhere; min-width: 0 }
.pictures figure { display: grid; place-items: center; height: 14rem; margin: 0 0 .5rem;
  background: var(--ground); color: var(--soft); border-radius: .3rem; overflow: hidden }
.pictures img { max-width: 100%; max-height: 14rem } .pictures p { margin: 0 }
code { overflow-wrap: anywhere }
"""


def write(path: Path, found: ToLabel, model: str) -> None:
    """Write the page, in one step.

    Args:
        path: The file; its folder exists.
        found: What to label, with small copies.
        model: What the user calls the model.
    """
    output_files.write_text(path, render(found, model))


def render(found: ToLabel, model: str) -> str:
    """The page as HTML text, which needs nothing else.

    Args:
        found: As for ``write``.
        model: Likewise.
    """
    count = len(found.found)
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    said = (
        f"<p>Of {found.images}, the ones whose labels would teach {text(model)} most: least sure, "
        f'and unlike each other.</p><p class="soft">{text(found.method)}</p>'
    )
    failed = (
        f'<p class="wrong">{len(found.failed)} of them could not be read.</p>'
        if found.failed
        else ""
    )
    items = "".join(_item(one, found.pictures.get(one.image, "")) for one in found.found)
    after = (
        "<p>Put each into a folder of the name of its class, then train further on them: "
        "<code>ic-tf fit LABELLED/ --model MODEL --rehearse OLD/</code></p>"
    )
    body = f'{said}{failed}<ul class="pictures">{items}</ul>{after}'
    return framed(f"{pictures} to label", body, style=_STYLE)


def _item(one: Unsure, picture: str) -> str:
    shown = f'<img alt="" src="{picture}">' if picture else "no picture"
    return (
        f"<li><figure>{shown}</figure><p>{cell(one.image, _NAME)}</p>"
        f"<p><strong>{text(one.label)}</strong> {percent(one.probability)}</p>"
        f'<p class="soft">or {text(one.second_label)} {percent(one.second_probability)}</p></li>'
    )
