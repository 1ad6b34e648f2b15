"""The frame of a page of this room: its look, and nothing from elsewhere."""

from ic_tf_sdk.pages import markup

__all__ = ["framed"]

_STYLE = """
:root { color-scheme: light dark; --ink: #222; --soft: #666; --line: #ddd; --accent: #2563a8;
  --second: #b5651d; --paper: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --soft: #aaa; --line: #444;
  --accent: #6aa9e9; --second: #e0a060; --paper: #1b1b1b } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem;
  color: var(--ink); background: var(--paper) }
table { border-collapse: collapse } caption { text-align: left; color: var(--soft) }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right }
td { white-space: nowrap }
th:first-child { text-align: left } .scroll { overflow-x: auto } figure { margin: 1rem 0 }
svg { width: 100%; max-width: 42rem; height: auto } figcaption { color: var(--soft) }
"""


def framed(title: str, body: str) -> str:
    """A page that needs nothing else.

    Args:
        title: Its title, as plain text.
        body: What it shows, as HTML.
    """
    said = markup.text(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{said}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n<h1>{said}</h1>\n{body}\n</body></html>\n"
    )
