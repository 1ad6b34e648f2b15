"""The SDK's serializers and deserializers, taken as they come."""

from typing import Any

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local import translation


class Translator:
    """What the SDK's serializers and deserializers are, by their methods."""

    CONTENT_TYPE = "text/x"
    ACCEPT: Any = ("text/x", "text/y")

    def serialize(self, data: Any) -> Any:
        return f"<{data}>"

    def deserialize(self, stream: Any, content_type: str) -> Any:
        return stream.read(), content_type


def test_bodies_pass_as_they_are_or_through_the_translator() -> None:
    assert translation.serialized(b"x") == b"x"
    assert translation.serialized("é") == "é".encode()
    assert translation.serialized("x", Translator()) == b"<x>"
    assert translation.deserialized(b"x", "text/z") == b"x"
    assert translation.deserialized(b"x", "text/z", Translator()) == (b"x", "text/z")


def test_headers_are_those_given_or_the_translators_or_an_images() -> None:
    usual = {"Content-Type": "application/x-image", "Accept": "application/json"}
    assert translation.headers({}) == usual
    assert translation.headers({}, object(), object()) == usual
    own = {"Content-Type": "text/x", "Accept": "text/x, text/y"}
    assert translation.headers({}, Translator(), Translator()) == own
    given = translation.headers({"Accept": "text/csv"}, Translator(), Translator())
    assert given == {**own, "Accept": "text/csv"}
    with pytest.raises(UserError, match="takes ContentType and Accept, not Body, X"):
        translation.headers({"Body": "", "Accept": "", "X": ""})


def test_what_is_no_translator_is_refused_with_what_is() -> None:
    translation.refuse_unusable(None, None)
    translation.refuse_unusable(Translator(), Translator())
    with pytest.raises(UserError) as refused:
        translation.refuse_unusable("json", Translator)
    first, second = str(refused.value).splitlines()
    assert first.startswith(
        "serializer cannot be 'json': it is no object with a method serialize()"
    )
    assert "JSONSerializer()" in first
    assert second.startswith("deserializer cannot be <class ")
    assert "a method deserialize()" in second
    with pytest.raises(UserError, match=r"^deserializer cannot be 7"):
        translation.refuse_unusable(None, 7)
