"""How large an image may be is the program's number, else the environment's, else the usual one."""

import pytest

from ic_tf_sdk import settings
from ic_tf_sdk.contract import image_cost
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.errors import UserError


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "max_pixels", None)
    monkeypatch.delenv(image_cost.PIXELS_VARIABLE, raising=False)


def test_the_setting_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_pixels() == image_cost.SERVED_PIXELS == 100_000_000
    monkeypatch.setenv(image_cost.PIXELS_VARIABLE, "5000")
    assert most_pixels() == 5000
    monkeypatch.setattr(settings, "max_pixels", 7)
    assert most_pixels() == 7
    monkeypatch.setenv(image_cost.PIXELS_VARIABLE, "much")
    assert most_pixels() == 7
    monkeypatch.setattr(settings, "max_pixels", None)
    with pytest.raises(UserError, match=image_cost.PIXELS_VARIABLE):
        most_pixels()


@pytest.mark.parametrize("number", [1, image_cost.MAX_PIXELS])
def test_every_number_up_to_what_trains_is_taken(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "max_pixels", number)
    assert most_pixels() == number


@pytest.mark.parametrize("number", [0, -1, image_cost.MAX_PIXELS + 1, 5.0, "5"])
def test_what_is_no_such_number_is_refused(number: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "max_pixels", number)
    with pytest.raises(UserError, match="from 1 to 178956970, not"):
        most_pixels()
