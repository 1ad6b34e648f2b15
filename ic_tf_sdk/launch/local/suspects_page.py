"""``suspects.html``: each suspect beside the image that it is compared with, on one page."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from ic_tf_sdk.contract import output_files
from ic_tf_sdk.launch.local import small_picture
from ic_tf_sdk.launch.local import suspects as table
from ic_tf_sdk.launch.local.label_check import LabelCheck
from ic_tf_sdk.launch.local.suspects import Suspect
from ic_tf_sdk.launch.page_frame import framed
from ic_tf_sdk.pages.markup import text
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["PAGE_NAME", "SHOWN", "write"]

PAGE_NAME = "suspects.html"

SHOWN = 200
"""Suspects of each kind with their pictures; a page of more would be too large to be read."""

_STYLE = """\
.pairs { display: flex; flex-wrap: wrap; gap: 1.5rem }
.pairs figure {
  margin: 0; padding: .6rem; border: 1px solid var(--line); border-radius: .4rem;
  background: var(--sheet); max-width: 30rem
}
.pairs div { display: flex; gap: .4rem }
.pairs figcaption { margin: .3rem 0 0; overflow-wrap: anywhere; color: var(--ink) }
.pairs span { flex: 1; min-width: 0; overflow-wrap: anywhere; font-size: .85rem }
.pairs img { max-width: 100%; display: block } code { overflow-wrap: anywhere }
"""
_HEADINGS = {
    "label": (
        "probably of another class",
        "Right: the most alike image of the class that is likelier.",
    ),
    "leak": (
        "are in two channels",
        "The model learns the left one, or is chosen by it, and is measured by the right one.",
    ),
    "duplicate": ("are nearly the same as another image", "Right: the one that stays."),
}


def write(folder: Path, check: LabelCheck, folders: Mapping[str, ImageFolder]) -> None:
    """Write a folder with the page and ``suspects.csv``, in one step.

    Args:
        folder: The folder, which does not exist; its parent folder does.
        check: What was found.
        folders: Channel name -> its images.
    """
    with output_files.replacing(folder) as temporary:
        temporary.mkdir()
        table.write(temporary / table.FILE_NAME, check.suspects)
        roots = {channel: images.root for channel, images in folders.items()}
        text = render(check, _Pictures(roots))
        (temporary / PAGE_NAME).write_text(text, encoding="utf-8", errors="backslashreplace")


def render(check: LabelCheck, pictures: "_Pictures") -> str:
    """The page as HTML text, which needs nothing else.

    Args:
        check: What was found.
        pictures: Where the images are.
    """
    introduction = (
        f"<p>Of {check.images} images, seen with "
        f"{text(check.model_id)}; {check.judged} training images are of a class that is large "
        f"enough for its labels to be judged. Delete the rows of {table.FILE_NAME} that are right, "
        f"then train without the others: <code>ic-tf fit DIR --exclude {table.FILE_NAME}</code>. "
        "Or move the files.</p>"
    )
    parts = [introduction]
    for kind, some in groupby(check.suspects, key=lambda one: one.kind):
        parts += _section(kind, list(some), pictures)
    return framed(f"{len(check.suspects)} images to look at", "\n".join(parts), style=_STYLE)


def _section(kind: str, some: Sequence[Suspect], pictures: "_Pictures") -> Iterator[str]:
    heading, sentence = _HEADINGS[kind]
    yield f'<h2>{len(some)} {heading}</h2><p class="soft">{sentence}</p><div class="pairs">'
    yield from (_figure(one, pictures) for one in some[:SHOWN])
    yield "</div>"
    if len(some) > SHOWN:
        yield f"<p>The other {len(some) - SHOWN} are in {table.FILE_NAME}.</p>"


def _figure(one: Suspect, pictures: "_Pictures") -> str:
    own = f"{one.channel}/{one.file}"
    said = f"in {text(one.label)}"
    if one.suggested_label:
        said += f", perhaps {text(one.suggested_label)}"
    sides = "".join(
        f"<span>{_image(pictures.data(place))}{text(place)}</span>"
        for place in (own, one.resembles)
    )
    score = f"{said} (score {one.score:.3f})"
    return f"<figure><div>{sides}</div><figcaption>{score}</figcaption></figure>"


def _image(source: str) -> str:
    # What it shows stands below it.
    return f'<img alt="" src="{source}">' if source else ""


class _Pictures:
    """Small copies of images as data URIs.

    Args:
        roots: Channel name -> its folder.
    """

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = roots

    def data(self, place: str) -> str:
        """A small copy of the image at ``channel/file``; "" of none."""
        channel, _, file = place.partition("/")
        return small_picture.data_uri(self._roots[channel] / file)
