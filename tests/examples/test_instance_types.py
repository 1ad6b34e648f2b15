"""No page and no example names an instance type that AWS takes away, but for the seed's."""

import re
from pathlib import Path

from ic_tf_sdk.specs.instance_families import living_type, retirement_warning

ROOT = Path(__file__).parents[2]
SEED = ROOT / "examples" / "fine_tune_on_sagemaker.py"
PAGES = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").iterdir())


def retired(text: str) -> set[str]:
    kinds = set(re.findall(r"ml\.[a-z][\w-]*\.\w+", text))
    return {kind for kind in kinds if retirement_warning(kind, "training")}


def test_no_page_and_no_example_names_a_retired_type() -> None:
    assert retired('take "ml.p3.2xlarge" or "ml.g5.xlarge"') == {"ml.p3.2xlarge"}
    for page in PAGES:
        if page.suffix in {".md", ".py", ".ipynb"} and page != SEED and "_build" not in page.parts:
            text = page.read_text(encoding="utf-8")
            named = retired(text)
            # A page may say what is retired.
            assert not named or "out of service" in text, f"{page}: {named}"


def test_the_seeds_example_stays_as_written_with_its_warning() -> None:
    text = SEED.read_text(encoding="utf-8")
    assert 'training_instance_type = "ml.p3.2xlarge"' in text
    above = text.partition('training_instance_type = "ml.p3.2xlarge"')[0].splitlines()[-3:]
    instead = living_type("ml.p3.2xlarge", "training")
    assert any("out of service" in line for line in above)
    assert any(str(instead) in line for line in above)
