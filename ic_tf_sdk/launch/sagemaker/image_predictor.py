"""What a deployed model is asked with through the SDK: an image's bytes, and bytes come back.

The SDK's own predictors send what no image is: v2's ``application/octet-stream``, v3's endpoint no
content type at all, which the container takes for JSON.
"""

from typing import Any

__all__ = ["builder_class", "predictor_class"]

CONTENT_TYPE = "application/x-image"
"""The graph reads off the bytes whether it is a JPEG or a PNG."""


def predictor_class(sdk: Any) -> type:
    """SDK v2's ``Predictor``, whose ``predict`` takes an image's bytes.

    Args:
        sdk: The package ``sagemaker`` with its ``predictor``, ``serializers``, ``deserializers``.
    """

    class ImagePredictor(sdk.predictor.Predictor):  # type: ignore[misc]
        """The SDK's predictor with a serializer of its own; another may be given, as to deploy."""

        def __init__(
            self,
            endpoint_name: str,
            sagemaker_session: Any = None,
            serializer: Any = None,
            deserializer: Any = None,
            **options: Any,
        ) -> None:
            super().__init__(
                endpoint_name,
                sagemaker_session,
                serializer or sdk.serializers.IdentitySerializer(CONTENT_TYPE),
                deserializer or sdk.deserializers.BytesDeserializer(),
                **options,
            )

    return ImagePredictor


def builder_class(sdk: Any) -> type:
    """SDK v3's ``ModelBuilder``, whose endpoint's ``invoke`` takes an image's bytes.

    Args:
        sdk: From ``sdk_v3_names``.
    """

    class ImageEndpoint(sdk.Endpoint):  # type: ignore[misc]
        """The SDK's endpoint; it asks with its serializer's content type where none is given."""

        def invoke(self, body: Any, content_type: str | None = None, **options: Any) -> Any:
            kind = content_type or self.serializer.CONTENT_TYPE
            return super().invoke(body=body, content_type=kind, **options)

        def invoke_async(
            self, input_location: str, content_type: str | None = None, **options: Any
        ) -> Any:
            kind = content_type or self.serializer.CONTENT_TYPE
            return super().invoke_async(input_location, content_type=kind, **options)

    class ImageModelBuilder(sdk.ModelBuilder):  # type: ignore[misc]
        """The SDK's builder, whose endpoints give the answer's body as bytes."""

        def deploy(self, *args: Any, **options: Any) -> Any:
            endpoint = super().deploy(*args, **options)
            if type(endpoint) is not sdk.Endpoint:
                # A batch job or another kind of deployment, which is asked in its own way.
                return endpoint
            # The SDK hands them on for models that it packs itself alone.
            translators = {
                "serializer": options.get("serializer") or sdk.IdentitySerializer(CONTENT_TYPE),
                "deserializer": options.get("deserializer") or sdk.BytesDeserializer(),
            }
            return ImageEndpoint.model_construct(**{**vars(endpoint), **translators})

    return ImageModelBuilder
