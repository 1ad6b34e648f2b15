"""What a local job's description says of its log."""

import pytest

from ic_tf_sdk.launch.local.description import LocalTrainingJob


def metrics(*lines: str) -> dict[str, float]:
    job = LocalTrainingJob("j", hyperparameters={}, inputs={}, output_path="jobs")
    job.log += lines
    return {item["MetricName"]: item["Value"] for item in job.describe()["FinalMetricDataList"]}


def test_the_last_value_of_a_metric_is_its_final_one() -> None:
    assert metrics("- Test loss: 0.5", "- Test loss: .25", "- Test loss: 3.") == {"test:loss": 3.0}


@pytest.mark.parametrize("word", ["0.5.", "1.2.3", "...", "."])
def test_what_is_no_number_is_no_value_of_a_metric(word: str) -> None:
    assert metrics("- Test loss: 0.5", f"- Test loss: {word} - and more") == {"test:loss": 0.5}
    assert metrics(f"- Test loss: {word}") == {}
