"""Values as they were given, in sentences about them: never longer than the rest of the sentence.

Python does not write every value: of an integer of more than 4,300 digits, ``repr`` and ``str``
raise, and the reason why it is refused would be lost.
"""

__all__ = ["quoted", "text"]

_SHOWN = 120


def quoted(value: object) -> str:
    """A value as Python writes it; of a long one the beginning.

    Args:
        value: What was given, of any kind.

    Example:
        >>> quoted("epochs"), quoted(10**5000)
        ("'epochs'", '(an int that is too long to be shown)')
    """
    try:
        return _shortened(repr(value))
    except ValueError:
        return _unwritable(value)


def text(value: object) -> str:
    """The same as ``str`` has it, where the quotes of a text would mislead.

    Args:
        value: What was given, of any kind.
    """
    try:
        return _shortened(str(value))
    except ValueError:
        return _unwritable(value)


def _shortened(written: str) -> str:
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."


def _unwritable(value: object) -> str:
    kind = type(value).__name__
    return f"({'an' if kind[0] in 'aeiou' else 'a'} {kind} that is too long to be shown)"
