"""The catalogue's guide: its snippets run as they stand."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "catalogue.md"


def test_snippets_run():
    snippets = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) == 2
    names = {}
    for snippet in snippets:
        exec(snippet, names)
    assert names["values"]["epochs"] == "10"
    assert names["script_uri"].startswith("s3://")
