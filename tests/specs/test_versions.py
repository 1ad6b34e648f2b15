"""Version identifiers: the SDK's reading of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ic_tf_sdk.specs.versions import resolve

VERSIONS = ["1.0.0", "1.2.0", "1.10.0", "2.0.0", "3.0.1"]


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("*", "3.0.1"),
        ("1.*", "1.10.0"),
        ("1.1*", "1.10.0"),
        ("1.2.*", "1.2.0"),
        ("1.2", "1.2.0"),
        ("1.2.0.0", "1.2.0"),
        ("1", "1.0.0"),
        ("v1.0.0", "1.0.0"),
        (" 1.0.0", "1.0.0"),
        ("01.0.0", "1.0.0"),
        ("**", None),
        ("latest", None),
        (">=1", None),
        ("", None),
        ("1.0.0,>0", None),
        ("\u0661.0.0", None),
    ],
)
def test_identifier_names_the_newest_that_matches(identifier, expected):
    assert resolve(identifier, VERSIONS) == expected


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_exact_versions_match_as_packaging_matches_them(places):
    text = ".".join(map(str, places))
    expected = [v for v in VERSIONS if Version(v) in SpecifierSet(f"=={text}")]
    assert resolve(text, VERSIONS) == (expected[0] if expected else None)


@given(st.text(max_size=12))
def test_any_text_is_answered(text):
    assert resolve(text, VERSIONS) in [*VERSIONS, None]
