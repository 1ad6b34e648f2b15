"""What an archive says of its calibration and of unknown images is within what can be."""

from typing import Any

import pytest
from pydantic import ValidationError

from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.contract.unknown_record import UnknownRecord


@pytest.mark.parametrize(
    ("kind", "field", "least", "most"),
    [
        (Calibration, "images", 0, None),
        (Calibration, "ece", 0, 1),
        (Calibration, "calibrated_ece", 0, 1),
        (Calibration, "log_loss", 0, None),
        (Calibration, "calibrated_log_loss", 0, None),
        (UnknownRecord, "known_images", 0, None),
        (UnknownRecord, "images", 0, None),
        (UnknownRecord, "passing", 0, 1),
    ],
)
def test_a_number_at_its_limit_is_read_and_one_beyond_refused(
    kind: Any, field: str, least: int, most: int | None
) -> None:
    limits = [(least, -1)] if most is None else [(least, -1), (most, 1)]
    for limit, step in limits:
        assert getattr(kind(**{field: limit}), field) == limit
        for beyond in (limit + step, limit + step / 2**20):
            with pytest.raises(ValidationError, match=field):
                kind(**{field: beyond})
    # Without an upper limit any number will do.
    assert most is not None or getattr(kind(**{field: 10**6}), field) == 10**6


@pytest.mark.parametrize("temperature", [0, -1, -1e-9])
def test_a_temperature_is_above_nought(temperature: float) -> None:
    assert Calibration(temperature=1e-3).temperature == 1e-3
    with pytest.raises(ValidationError, match="temperature"):
        Calibration(temperature=temperature)


def test_what_is_not_said_is_nothing_and_a_newer_field_is_no_fault() -> None:
    assert Calibration(newer=1) == Calibration()  # type: ignore[call-arg]
    assert UnknownRecord(newer=1) == UnknownRecord()  # type: ignore[call-arg]
    assert (Calibration().images, UnknownRecord().images, UnknownRecord().known_images) == (0, 0, 0)
    for record in (Calibration(), UnknownRecord()):
        with pytest.raises(ValidationError, match="frozen"):
            record.images = 1
