"""The frame of a page of this room: its look, and nothing from elsewhere."""

from ic_tf_sdk.pages import look, markup

__all__ = ["framed"]

_STYLE = """\
main { max-width: 76rem } table { border-collapse: collapse }
p, li, figcaption { overflow-wrap: anywhere }
caption { text-align: left; color: var(--soft) } figure { margin: 1rem 0 }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right }
th { font-weight: 400 } thead th { color: var(--soft) } tbody th { min-width: 13rem }
td { white-space: nowrap } th:first-child { text-align: left } .scroll { overflow-x: auto }
svg { width: 100%; max-width: 42rem; height: auto } figcaption { color: var(--soft) }
"""


def framed(title: str, body: str, *, style: str = "") -> str:
    """A page that needs nothing else.

    Args:
        title: Its title, as plain text.
        body: What it shows, as HTML.
        style: More CSS, of this page alone.
    """
    said = markup.text(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{said}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<style>{look.STYLE}{_STYLE}{style}</style></head><body><main>\n<h1>{said}</h1>\n{body}\n"
        "</main></body></html>\n"
    )
