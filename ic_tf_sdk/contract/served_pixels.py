"""How large an image may be to be predicted on this machine."""

from ic_tf_sdk import settings
from ic_tf_sdk.contract import image_cost
from ic_tf_sdk.contract.image_cost import MAX_PIXELS
from ic_tf_sdk.errors import UserError

__all__ = ["most_pixels"]


def most_pixels() -> int:
    """``settings.max_pixels``, the environment's number, or ``image_cost.SERVED_PIXELS``.

    Raises:
        UserError: It is no number from 1 to ``image_cost.MAX_PIXELS``.
    """
    number: object = settings.max_pixels
    if number is None:
        try:
            return image_cost.served_pixels()
        except ValueError as error:
            raise UserError(str(error)) from error
    if not isinstance(number, int) or not 0 < number <= MAX_PIXELS:
        raise UserError(
            f"settings.max_pixels must be a whole number from 1 to {MAX_PIXELS}, not {number!r}."
        )
    return number
