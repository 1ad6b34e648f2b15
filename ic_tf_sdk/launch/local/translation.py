"""The SageMaker SDK's serializers and deserializers, as the local endpoint's predictor uses them.

They are taken as they come, by their methods: the SDK need not be installed.
"""

import io
from collections.abc import Mapping
from typing import Any

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UserError

__all__ = ["deserialized", "headers", "refuse_unusable", "serialized"]

_HEADERS = {"ContentType": "Content-Type", "Accept": "Accept"}


def refuse_unusable(serializer: object, deserializer: object) -> None:
    """Refuse what has not the one method that it is given for; None stands for none.

    Raises:
        UserError: Naming each of them.
    """
    chosen = {"serializer": serializer, "deserializer": deserializer}
    wrong = [
        f"{name} cannot be {quoted(translator)}: it is no object with a method "
        f"{name.removesuffix('r')}(). Give one of sagemaker.{name}s, such as "
        f"JSON{name.capitalize()}(), or leave it out for bytes."
        for name, translator in chosen.items()
        if translator is not None
        and (isinstance(translator, type) or not hasattr(translator, name.removesuffix("r")))
    ]
    if wrong:
        raise UserError("\n".join(wrong))


def headers(
    initial_args: Mapping[str, str], serializer: Any = None, deserializer: Any = None
) -> dict[str, str]:
    """The request's headers: those that were given, else the translators' own, else an image's.

    Args:
        initial_args: ``ContentType`` and ``Accept``, each if it was given.
        serializer: Its ``CONTENT_TYPE`` counts; None for none.
        deserializer: Its ``ACCEPT`` counts; None for none.

    Raises:
        UserError: Another name in ``initial_args``.
    """
    unknown = [name for name in initial_args if name not in _HEADERS]
    if unknown:
        raise UserError(f"initial_args takes ContentType and Accept, not {', '.join(unknown)}.")
    sent = {
        "Content-Type": getattr(serializer, "CONTENT_TYPE", None) or "application/x-image",
        "Accept": _joined(getattr(deserializer, "ACCEPT", None)) or "application/json",
    }
    return sent | {_HEADERS[name]: value for name, value in initial_args.items()}


def serialized(data: Any, serializer: Any = None) -> bytes:
    """The body of a request.

    Args:
        data: What the serializer takes; without one an image's bytes, or a text.
        serializer: None for none.
    """
    body = data if serializer is None else serializer.serialize(data)
    return body.encode() if isinstance(body, str) else body


def deserialized(body: bytes, content_type: str, deserializer: Any = None) -> Any:
    """The answer as the deserializer reads it.

    Args:
        body: Of the answer.
        content_type: Its content type.
        deserializer: None for none: the bytes come back.
    """
    return (
        body if deserializer is None else deserializer.deserialize(io.BytesIO(body), content_type)
    )


def _joined(accept: Any) -> str:
    return accept if isinstance(accept, str) else ", ".join(accept or ())
