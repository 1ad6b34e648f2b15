"""What a deployed model is asked with through either line of the SDK.

Of each line a few small classes stand in: only one can be installed at a time. The real ones are
asked in ``test_endpoints.py`` and ``test_sdk_v3_endpoints.py``.
"""

from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.launch.sagemaker.image_predictor import builder_class, predictor_class


class IdentitySerializer:
    def __init__(self, content_type: str) -> None:
        self.CONTENT_TYPE = content_type


class BytesDeserializer:
    pass


class Predictor:
    def __init__(self, *given: Any, **options: Any) -> None:
        self.given, self.options = given, options


class Endpoint:
    @classmethod
    def model_construct(cls, **values: Any) -> Any:
        made = cls()
        vars(made).update(values)
        return made

    def invoke(self, body: Any, content_type: str, **options: Any) -> Any:
        return body, content_type, options

    def invoke_async(self, input_location: str, content_type: str, **options: Any) -> Any:
        return input_location, content_type, options


class Other(Endpoint):
    pass


class ModelBuilder:
    def deploy(self, kind: type = Endpoint, **_: Any) -> Any:
        return kind.model_construct(endpoint_name="e")


V2 = SimpleNamespace(
    predictor=SimpleNamespace(Predictor=Predictor),
    serializers=SimpleNamespace(IdentitySerializer=IdentitySerializer),
    deserializers=SimpleNamespace(BytesDeserializer=BytesDeserializer),
)
V3 = SimpleNamespace(
    Endpoint=Endpoint,
    ModelBuilder=ModelBuilder,
    IdentitySerializer=IdentitySerializer,
    BytesDeserializer=BytesDeserializer,
)
OWN = {"serializer": IdentitySerializer("image/png"), "deserializer": object()}


def test_a_predictor_sends_images_and_gives_bytes_unless_it_is_told_otherwise() -> None:
    name, session, serializer, deserializer = predictor_class(V2)("e", "s").given
    assert (name, session, serializer.CONTENT_TYPE) == ("e", "s", "application/x-image")
    assert type(deserializer) is BytesDeserializer
    own = predictor_class(V2)("e", **OWN, component_name="c")
    assert own.given == ("e", None, *OWN.values())
    assert own.options == {"component_name": "c"}


@pytest.mark.parametrize("how", ["invoke", "invoke_async"])
def test_an_endpoint_is_asked_with_its_serializers_type_or_the_one_that_is_given(how: str) -> None:
    ask = getattr(builder_class(V3)().deploy(), how)
    assert ask("x", x=1) == ("x", "application/x-image", {"x": 1})
    assert ask("x", "image/jpeg") == ("x", "image/jpeg", {})


def test_a_builders_endpoint_keeps_what_it_is_and_has_its_translators() -> None:
    made = builder_class(V3)().deploy()
    assert (made.endpoint_name, made.serializer.CONTENT_TYPE) == ("e", "application/x-image")
    assert type(made.deserializer) is BytesDeserializer
    own = builder_class(V3)().deploy(**OWN)
    assert {name: getattr(own, name) for name in OWN} == OWN


def test_another_kind_of_deployment_is_left_as_it_is() -> None:
    assert type(builder_class(V3)().deploy(Other)) is Other
