"""What a person asks of a job or an endpoint is told in words, and nothing that is empty."""

from datetime import datetime, timezone

import click
import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli.output import say
from ic_tf_sdk.cli.remote_options import facts, remote_options, show, waiting_options

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_each_fact_stands_under_a_persons_word() -> None:
    described = {
        "SecondaryStatus": "Training",
        "FailureReason": "",
        "CreationTime": BEGUN,
        "TrainingTimeInSeconds": 0,
        "EndpointConfigName": None,
        "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 3},
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
        "FinalMetricDataList": [{"MetricName": "test:accuracy", "Value": 0.5}],
    }
    assert facts(described, "InProgress") == {
        "status": "InProgress",
        "now": "Training",
        "created": "2026-01-02T03:04:05+00:00",
        "training seconds": 0,
        "machines": "3 ml.g5.xlarge",
        "model": "s3://b/model.tar.gz",
        "test:accuracy": 0.5,
    }
    one = facts({"ResourceConfig": {"InstanceType": "ml.g5.xlarge"}}, "x")
    assert one["machines"] == "1 ml.g5.xlarge"
    bare: dict[str, object] = {"ResourceConfig": {"InstanceCount": 2}, "ModelArtifacts": {}}
    assert facts(bare, "x") == {"status": "x"}


def test_why_it_failed_stands_behind_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    show("flowers-1", {"status": "Failed", "why it failed": "classes", "now": "Failed"})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["flowers-1"]
    assert [line.split() for line in lines[1:3]] == [["status", "Failed"], ["now", "Failed"]]
    assert lines[3] == "Why it failed: classes"
    show("flowers-1", {"status": "Completed"})
    assert "Why" not in capsys.readouterr().out


def test_times_are_whole_seconds_of_one_and_more() -> None:
    @click.command()
    @remote_options
    @waiting_options("its end", 600)
    def command(**given: object) -> None:
        say(repr(sorted(given.items())))

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(command, ["x", *words])
        return done.exit_code, done.output.strip()

    usual = [("endpoint", False), ("name", "x"), ("poll", 30), ("region", None), ("timeout", 600)]
    assert run() == (0, repr(usual))
    assert run("--poll", "1", "--timeout", "1")[0] == 0
    for option in ("--poll", "--timeout"):
        assert run(option, "0")[0] == 2
    assert "('endpoint', True)" in run("--endpoint")[1]
    text = CliRunner().invoke(command, ["--help"]).output
    assert "Seconds to wait for its end at most." in " ".join(text.split())
    assert "[default: 600; x>=1]" in " ".join(text.split())
    assert "[default: 30; x>=1]" in " ".join(text.split())
