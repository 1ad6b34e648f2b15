"""Names of jobs: no two alike, and short enough for what is put behind them."""

import re
from datetime import datetime, timedelta, timezone

from ic_tf_sdk.launch import job_names


def test_a_name_has_the_time_in_utc_and_six_random_digits() -> None:
    names = {job_names.job_name("flowers") for _ in range(20)}
    assert len(names) == 20
    for name in names:
        found = re.fullmatch(r"flowers-(\d{8}-\d{6})-[0-9a-f]{6}", name)
        assert found is not None
        moment = datetime.strptime(found[1], "%Y%m%d-%H%M%S").replace(tzinfo=timezone.utc)
        assert abs(datetime.now(timezone.utc) - moment) < timedelta(minutes=1)


def test_the_base_is_of_the_model_and_36_characters_at_most() -> None:
    assert job_names.base_name("tensorflow-ic-" + "a" * 40) == "a" * 36
    # No hyphen at the end, where the cut would leave one.
    assert job_names.base_name("tensorflow-ic-" + "a" * 35 + "-b") == "a" * 35
    assert job_names.base_name("mine") == "mine"
