r"""Names as they are shown to people: what is no character but a command becomes an escape.

A file or a folder may be called nearly anything. Written to a terminal as it is, a name can set the
terminal's title, hide what stands before it or begin a line of its own; a text that mixes right to
left and left to right can show one name as another. Here such characters become what Python's
``repr`` would write, ``\x1b`` or ``\n``, and everything else stays as it is.
"""

import re

__all__ = ["UNSEEN_CLASS", "json_text", "visible", "visible_lines"]

# Control characters; line and paragraph separator; the controls of bidirectional text (not the
# marks and joiners, which Arabic, Hebrew and emoji need); halves of surrogate pairs, which stand
# for bytes that are no UTF-8.
UNSEEN_CLASS = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
"""The inside of a class of a regular expression; the endpoint's page takes it from here."""

_UNSEEN = re.compile(f"[{UNSEEN_CLASS}]")
_UNSEEN_IN_LINES = re.compile(rf"(?![\n\t])[{UNSEEN_CLASS}]")


def visible(text: str) -> str:
    r"""One line of what can be seen, of any text; of visible text, the same.

    Args:
        text: A name, or a sentence that holds names.

    Example:
        >>> print(visible("a\x1b[31m\nb"))
        a\x1b[31m\nb
    """
    return _UNSEEN.sub(_escaped, text)


def visible_lines(text: str) -> str:
    """The same of a text of several lines, whose line breaks and tabs stay.

    Args:
        text: A message that may have line breaks of its own. Names in it that could bring one are
            made ``visible`` before.
    """
    return _UNSEEN_IN_LINES.sub(_escaped, text)


def json_text(text: str) -> str:
    r"""The same of JSON, which has an escape of its own: reading it back gives the same names.

    Args:
        text: JSON as ``json.dumps`` makes it, which itself escapes what is below a blank.

    Example:
        >>> import json
        >>> print(json_text(json.dumps("\x9b31m", ensure_ascii=False)))
        "\u009b31m"
    """
    return _UNSEEN_IN_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
