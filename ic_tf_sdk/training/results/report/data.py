"""The data: how many images of each class and channel, and what was bad among them."""

from ic_tf_sdk.pages import bar_chart, chart
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.markup import table, text
from ic_tf_sdk.training.results.report.run_facts import RunFacts

__all__ = ["data"]

_FEW, _LISTED = 12, 50


def data(facts: RunFacts) -> str:
    """The section, as HTML; nothing where the images are not known.

    Args:
        facts: The run.
    """
    if not facts.images:
        return ""
    return f"<section><h2>Data</h2>{_balance(facts)}{_bad(facts)}</section>"


def _balance(facts: RunFacts) -> str:
    channels = list(facts.images)
    rows = [
        [label, *(facts.images[name][index] for name in channels)]
        for index, label in enumerate(facts.labels)
    ]
    counts = table(["class", *channels], rows, caption="Images of each class")
    if len(rows) > _FEW:
        counts = (
            f"<details><summary>The images of all {len(rows)} classes</summary>{counts}</details>"
        )
    bars = sorted(
        zip(facts.labels, facts.images[channels[0]], strict=True), key=lambda one: -one[1]
    )
    caption = f"Images of each class, {channels[0]}"
    if len(bars) > bar_chart.MOST_BARS:
        half = bar_chart.MOST_BARS // 2
        bars = bars[:half] + bars[-half:]
        caption += f": the {half} largest and the {half} smallest of {len(rows)} classes"
    drawn = chart.figure(bar_chart.draw(caption, bars, x=Axis("images")), text(caption))
    return f'<div class="columns">{drawn}<div>{counts}</div></div>'


def _bad(facts: RunFacts) -> str:
    warnings = "".join(f"<li>{text(sentence)}</li>" for sentence in facts.warnings)
    parts = [f"<ul>{warnings}</ul>"] if warnings else []
    if facts.refused:
        files = list(facts.refused.items())
        rows = table(["file", "reason"], files[:_LISTED], caption="Files left out", most=60)
        count = "1 file was" if len(files) == 1 else f"{len(files)} files were"
        more = f"<p>And {len(files) - _LISTED} more.</p>" if len(files) > _LISTED else ""
        parts.append(f"<details><summary>{count} left out</summary>{rows}{more}</details>")
    return "".join(parts) or "<p>Nothing was left out, and no image is there twice.</p>"
