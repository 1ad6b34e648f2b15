"""Names that a table says become names that every disk holds, each its own."""

import hashlib

import pytest

from ic_tf_sdk.contract import safe_names


def tag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def test_classes_whose_folders_would_be_one_are_told_apart() -> None:
    assert safe_names.class_folders(["a/b", "a:b", "a_b", "a/b"]) == {
        "a/b": f"a_b-{tag('a/b')}",
        "a:b": f"a_b-{tag('a:b')}",
        "a_b": "a_b",
    }
    # A disk may make no difference between them; the first that is right as it is stays.
    assert safe_names.class_folders(["Cat", "cat", "CAT"]) == {
        "Cat": "Cat",
        "cat": f"cat-{tag('cat')}",
        "CAT": f"CAT-{tag('CAT')}",
    }
    # One alone needs no tag, however it is called; of two that are both made safe each has one.
    assert safe_names.class_folders(["cat", "a/b"]) == {"cat": "cat", "a/b": "a_b"}
    assert safe_names.class_folders(["a/b", "a:b"]) == {
        "a/b": f"a_b-{tag('a/b')}",
        "a:b": f"a_b-{tag('a:b')}",
    }


@pytest.mark.parametrize(
    ("image", "stem"),
    [
        ("s3://bucket/deep/a.b.jpg", "a.b"),
        ("C:\\photos\\a.jpg", "a"),
        ("deep/a.jpg/", "a"),
        ("noend", "noend"),
        ("/", "image"),
        ("a?b*.jpg", "a_b_"),
        ("x" * 300 + ".jpg", "x" * 200),
        ("é" * 150 + ".jpg", "é" * 100),
        ("...", "___"),
        (" ", "_"),
        ("LPT1.png", "_LPT1"),
        ("nul.tar.gz", "_nul.tar"),
        ("null.jpg", "null"),
        ("com.jpg", "com"),
        ("zero\u200bwidth.jpg", "zero_width"),
    ],
)
def test_a_file_is_called_as_its_image(image: str, stem: str) -> None:
    assert safe_names.file_stem(image) == stem


def test_a_tag_is_eight_digits_of_what_it_was_made_of() -> None:
    assert safe_names.tagged("a", "x/a.jpg") == f"a-{tag('x/a.jpg')}"
    assert safe_names.tagged("a", "\udcff.jpg").startswith("a-")
    assert safe_names.file_stem("\udcff.jpg") == "_"
