"""How the run was made, and what can be done next."""

from ic_tf_sdk.pages.markup import table, text
from ic_tf_sdk.training.results.report.run_facts import RunFacts

__all__ = ["about"]

_NEXT = (
    ("Classify pictures", "ic-tf predict model.tar.gz PHOTO.jpg"),
    ("Serve it, with a page to try it on", "ic-tf serve model.tar.gz"),
    (
        "For a phone or a small computer",
        "ic-tf export model.tar.gz --out model.tflite --images PHOTOS/",
    ),
    ("Train it further", "ic-tf fit MORE/ --model model.tar.gz"),
)


def about(facts: RunFacts) -> str:
    """The sections on settings and next steps, as HTML.

    Args:
        facts: The run.
    """
    hints = "".join(f"<li>{text(hint)}</li>" for hint in facts.hints)
    parts = [f"<section><h2>What would help</h2><ul>{hints}</ul></section>"] if hints else []
    parts.append(_settings(facts))
    steps = "".join(f"<dt>{text(what)}</dt><dd>{_code(line)}</dd>" for what, line in _NEXT)
    parts.append(
        "<section><h2>Next</h2><p>model.tar.gz is the result of the job; these lines are typed in "
        f"the folder that it is in.</p><dl>{steps}</dl></section>"
    )
    return "".join(parts)


def _settings(facts: RunFacts) -> str:
    said = "<p>Every hyperparameter has the model's default.</p>"
    if facts.settings:
        names = ["hyperparameter", "value", "the model's default"]
        said = table(names, facts.settings, caption="Hyperparameters that are not the defaults")
    command = f"<p>The same on another machine:</p>{_code(facts.command)}" if facts.command else ""
    return f"<section><h2>Settings</h2>{said}{command}</section>"


def _code(line: str) -> str:
    return f"<pre><code>{text(line)}</code></pre>"
