"""The look of every page: the colours of a light and of a dark window, letters, tables, pictures.

All pages take it from here, the endpoint's and the reports, so that they are by one hand. Charts
and tables name its colours only. Text has a contrast of 4.5 to 1 at least on each of the grounds.
"""

__all__ = ["COLOURS", "MARK", "STYLE", "into"]

MARK = "/* look */"
"""Where a page that is a file has the look put in."""

COLOURS = """\
:root {
  --ground: #f6f7f9; --sheet: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d0d7de;
  --accent: #0b5cad; --bar: #9ec5ec; --wrong: #a40e26; --second: #b5540a; --miss: #f5b9b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1318; --sheet: #171c23; --ink: #e8ebef; --soft: #9aa5b1; --line: #39424d;
    --accent: #7fb8f5; --bar: #2b5885; --wrong: #ff9b9b; --second: #f0a35e; --miss: #7c3237;
  }
}
"""
"""The colours, as custom properties."""

STYLE = (
    COLOURS
    + """\
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
.columns {
  display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
}
.soft { color: var(--soft); }
.wrong { color: var(--wrong); }
"""
)
"""The colours and what every page has."""


def into(page: str) -> str:
    """A page with the look in the place of its mark.

    Args:
        page: HTML, whose style holds ``MARK``.
    """
    return page.replace(MARK, STYLE)
