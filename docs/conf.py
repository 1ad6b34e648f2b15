"""How Sphinx builds this folder: Markdown by MyST, the reference from docstrings."""

import re

import click
from sphinx.application import Sphinx

from ic_tf_sdk._version import __version__

project = "ic_tf_sdk"
release = __version__
copyright = "the authors of ic_tf_sdk, Apache-2.0"  # noqa: A001

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
]
exclude_patterns = ["_build"]
html_theme = "furo"
# Its link to a page's source stands outside of every landmark.
html_theme_options = {"top_of_page_buttons": []}
html_static_path = ["_static"]
html_css_files = ["reading.css"]
html_js_files = ["reading.js"]
# Beside the pages, where programs look for it.
html_extra_path = ["llms.txt"]

# Two hyphens of an option stay two hyphens, so that an example can be copied.
smartquotes_action = "qe"

# Links to headings, as the code hosts have them.
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "description"

# An attribute of a dataclass is described once, by its field.
napoleon_use_ivar = True

# `nox -s links` asks every other address of the pages; those of examples are nobody's.
linkcheck_ignore = [r"http://127\.0\.0\.1", r"https://ADDRESS/"]
linkcheck_anchors = False
linkcheck_timeout = 30

# The build needs no network, so the pages of other projects cannot be looked up.
nitpick_ignore_regex = [
    ("py:.*", r"(?!ic_tf_sdk).*"),
    ("py:class", r"ic_tf_sdk\..*\._.*"),
    # What public functions hand on to each other, without a page of its own.
    *(
        ("py:class", rf"ic_tf_sdk\..*\.{name}")
        for name in (
            *("ContentSource", "Explanation", "FinishedRun", "JobArguments", "LabelledImages"),
            *("Listener", "LocalRun", "ModelSource", "Objective", "PipelineVariable", "Problem"),
            *("ServedModel", "ShownEstimator", "SourceImage"),
        )
    ),
    ("py:class", r"ic_tf_sdk\.contract\..*\.(Calibration|EvaluationRecord|UnknownRecord|Form)"),
]


def escape_asterisks(_app: Sphinx, _context: click.Context, lines: list[str]) -> None:
    """Keep the asterisks of a command's help, which are wildcards there and emphasis to Sphinx."""
    for number, line in enumerate(lines):
        literal_or_asterisk = r"``.*?``|\*\*\w+\*\*|(\*)"
        lines[number] = re.sub(literal_or_asterisk, lambda m: r"\*" if m[1] else m[0], line)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    for part in ("description", "options", "arguments", "epilog"):
        app.connect(f"sphinx-click-process-{part}", escape_asterisks)
