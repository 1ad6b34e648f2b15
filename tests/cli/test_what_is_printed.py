"""What commands hand on and print, each beside a stand-in for the work, which other tests do."""

import importlib
import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.content.mirror import Mirrored
from ic_tf_sdk.content.publish import Published
from ic_tf_sdk.launch.sagemaker.remote_log import LogLine

ROLE = ["--role", "arn:aws:iam::123456789012:role/x"]
FOLDER = "s3://a-bucket/flowers/"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def module(name: str) -> Any:
    """The module, also where a function of its name hides it."""
    return importlib.import_module(f"ic_tf_sdk.{name}")


HELP = {
    "deploy": (
        "--role TEXT ARN of the execution role. [required]",
        "--instance-count INTEGER RANGE [default: 1; x>=1]",
        "--serverless Without",
        "in steps of 1024. [default: 2048]",
        "--run Send",
    ),
    "benchmark": (
        "MODELS... Compare",
        "--role TEXT ARN of the execution role. [required]",
        "May be repeated. [required]",
        "below which results go. [required]",
        "--max-jobs INTEGER Of each tuning job. [default: 2]",
        "Of those, at a time. [default: 2]",
        "[default: validation:accuracy]",
        "a hundred hours. [x>=1]",
        "--publish Put",
        "--dry-run Print",
        "--run Start",
        "with it --run goes on. [default: benchmark.json]",
    ),
    "logs": (
        "--metrics The",
        "alone, so many. [x>=1]",
        "--follow Print",
        "[default: 3600; x>=1]",
        "looks. [default: 30; x>=1]",
    ),
    "wait": ("at most. [default: 21600; x>=1]", "looks. [default: 30; x>=1]"),
    "publish": (
        "[MODEL_ID...] Put",
        "in your account. [required]",
        "--dry-run Show",
        "--print-policy Print",
    ),
    "mirror": (
        "MODEL_ID... Download",
        "s3://BUCKET/PREFIX. [required]",
        "At a time. [default: 4; 1<=x<=32]",
    ),
    "launch": (
        "--role TEXT ARN of the execution role. [required]",
        "images; ends in /. [required]",
        "--instance-count INTEGER RANGE [default: 1; x>=1]",
        "Of each host. [default: 30; x>=1]",
        "a hundred hours. [x>=1]",
        "--spot Train",
        "twice --max-run-seconds. [x>=1]",
        "that is alike. [x>=1]",
        "when it is read. [default: File]",
        "without network. [default: network-isolation]",
        "tell each other. [default: encrypt-inter-container-traffic]",
        "below which results go. [required]",
        "--publish Put",
        "--dry-run Print",
    ),
    "sample-data": (
        "of the training set. [default: 100; x>=1]",
        "Decides everything. [default: 123; x>=0]",
        "--split Write",
    ),
    "models": ("fewest pixels; the unknown last. [default: name]", "--available Only"),
    "hyperparameters": ("[NAME=VALUE]... Show", "prefix with *. [default: *]", "--json Print"),
    "import-data": ("what is there stays. [required]", "--link Hard"),
}


@pytest.mark.parametrize("command", HELP)
def test_a_command_says_its_defaults_its_bounds_and_what_it_cannot_do_without(command: str) -> None:
    said = " ".join(run(command, "--help").output.split())
    assert [text for text in HELP[command] if text not in said] == []
    assert "--quiet Print" in said


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of a job on SageMaker."""
    made = SimpleNamespace(
        name="flowers-1", region="us-west-2", noun="training job", asked=[], description={}, ways=[]
    )
    made.describe = lambda: made.description
    made.status = lambda described: "Completed"
    made.stop = lambda: made.asked.append("stop")
    made.is_done = lambda described: made.done
    made.is_under_way = lambda described: made.under_way
    made.done, made.under_way = True, False

    def wait(**given: Any) -> dict[str, Any]:
        made.asked.append(given)
        return {}

    made.wait = wait

    def remote(name: str, **given: Any) -> SimpleNamespace:
        made.ways.append((name, given))
        return made

    for command in ("logs", "wait", "stop", "status"):
        monkeypatch.setattr(module(f"cli.{command}"), "RemoteWork", remote)
    return made


MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LINES = [
    LogLine("algo-1", MOMENT, "[1] loss: 0.5 - accuracy: 0.25"),
    LogLine("algo-1", MOMENT, "a word\x1b[31m"),
    LogLine("algo-1", MOMENT, "the last"),
]


@pytest.fixture
def log(work: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(lines=LINES, followed=[], looks=[])

    def follow(is_over: Callable[[], bool], **given: Any) -> list[LogLine]:
        made.followed.append(given)
        made.looks.append(is_over())
        return [*made.lines, LogLine("algo-1", MOMENT, "later")]

    made.new, made.follow = (lambda: made.lines), follow
    monkeypatch.setattr(module("cli.logs"), "RemoteLog", lambda *_, **__: made)
    monkeypatch.setattr(module("cli.logs"), "is_metric", lambda text: "loss" in text)
    return made


def test_lines_are_printed_all_or_the_last_or_those_of_metrics(log: SimpleNamespace) -> None:
    whole = ["[1] loss: 0.5 - accuracy: 0.25", "a word\\x1b[31m", "the last"]
    for words, expected in (
        ([], whole),
        (["--tail", "1"], whole[-1:]),
        (["--metrics"], whole[:1]),
        (["--follow"], [*whole, "later"]),
    ):
        done = run("logs", "flowers-1", *words)
        assert done.exit_code == 0, done.output
        assert done.stdout.splitlines() == expected
    assert log.followed == [{"seconds": 3600, "between": 30}]
    rows = json.loads(run("logs", "flowers-1", "--tail", "1", "--json").stdout)
    assert rows == [{"host": "algo-1", "time": "2026-01-02T03:04:05+00:00", "text": "the last"}]
    assert run("logs", "flowers-1", "--tail", "0").exit_code == 2


@pytest.mark.parametrize(
    ("count", "words", "several"),
    [(None, [], False), (1, [], False), (2, [], True), (None, ["--endpoint"], True)],
)
def test_a_line_begins_with_its_host_where_there_may_be_several(
    count: int | None,
    words: list[str],
    several: bool,
    log: SimpleNamespace,
    work: SimpleNamespace,
) -> None:
    if count is not None:
        work.description = {"ResourceConfig": {"InstanceCount": count}}
    last = run("logs", "flowers-1", *words).stdout.splitlines()[-1]
    assert last == ("algo-1: the last" if several else "the last")


def test_without_lines_it_is_said_that_there_are_none_yet(log: SimpleNamespace) -> None:
    log.lines = LINES[1:2]
    none = run("logs", "flowers-1", "--metrics")
    assert (none.stdout, none.stderr) == ("", "CloudWatch has no metrics of flowers-1 (yet).\n")
    assert run("logs", "flowers-1").stderr == ""
    log.lines = []
    assert run("logs", "flowers-1").stderr == "CloudWatch has no line of flowers-1 (yet).\n"


@pytest.mark.parametrize(
    ("under_way", "words", "over"),
    [(True, [], False), (False, [], True), (False, ["--endpoint"], False)],
)
def test_a_log_is_followed_until_its_job_is_over_and_an_endpoints_for_ever(
    under_way: bool,
    words: list[str],
    over: bool,
    log: SimpleNamespace,
    work: SimpleNamespace,
) -> None:
    work.under_way = under_way
    run("logs", "flowers-1", "--follow", "--timeout", "5", "--poll", "2", *words)
    assert log.looks == [over]
    assert log.followed == [{"seconds": 5, "between": 2}]


@pytest.mark.parametrize(
    ("done", "under_way", "code"), [(True, False, 0), (False, False, 1), (False, True, 1)]
)
def test_waiting_tells_how_it_ended_or_that_it_has_not(
    done: bool, under_way: bool, code: int, work: SimpleNamespace
) -> None:
    work.done, work.under_way = done, under_way
    told = run("wait", "flowers-1")
    assert told.exit_code == code
    assert work.asked == [{"seconds": 21600, "between": 30}]
    assert "flowers-1" in told.stdout
    waits = "It is not over after 21600 s. The same command waits on.\n"
    assert told.stderr == (waits if under_way else "")
    rows = json.loads(run("wait", "flowers-1", "--json").stdout)
    assert (rows["name"], rows["region"]) == ("flowers-1", "us-west-2")
    assert run("wait", "flowers-1", "--timeout", "0").exit_code == 2


def test_a_status_is_shown_or_given_as_json(work: SimpleNamespace) -> None:
    told = json.loads(run("status", "flowers-1", "--json").stdout)
    assert (told["name"], told["region"]) == ("flowers-1", "us-west-2")
    shown = run("status", "flowers-1").stdout
    assert "flowers-1" in shown
    assert not shown.startswith("{")


@pytest.mark.parametrize(
    ("words", "what"), [([], "is stopping"), (["--endpoint"], "is being deleted")]
)
def test_what_is_stopped_is_said(words: list[str], what: str, work: SimpleNamespace) -> None:
    told = run("stop", "flowers-1", *words)
    assert told.stdout == f"The training job flowers-1 {what}.\n"
    wait = "ic-tf wait flowers-1 --region us-west-2"
    assert (wait in told.stderr) is (not words)
    row = json.loads(run("stop", "flowers-1", "--json", *words).stdout)
    assert row == {"name": "flowers-1", "region": "us-west-2", "status": what}
    assert work.asked == ["stop", "stop"]


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What deployments were asked for."""
    asked: list[dict[str, Any]] = []

    def deployment(model_data: str, **given: Any) -> SimpleNamespace:
        asked.append({"model_data": model_data, **given})
        return SimpleNamespace(
            name=given["name"],
            region="us-west-2",
            costs="It costs.",
            requests=[{"a": 1}],
            delete_commands=("aws one", "aws two"),
            create=lambda: "arn:made",
        )

    monkeypatch.setattr(module("cli.deploy"), "deployment", deployment)
    return asked


def test_a_deployment_is_printed_and_sent_with_run_alone(deployed: list[dict[str, Any]]) -> None:
    printed = run("deploy", "s3://b/model.tar.gz", *ROLE)
    assert json.loads(printed.stdout) == [{"a": 1}]
    assert printed.stderr.splitlines() == [
        "",
        "It costs.",
        "Nothing was sent (--run does). It would be deleted by:",
        "  aws one",
        "  aws two",
    ]
    [asked] = deployed
    assert asked["name"].startswith("ic-tf-endpoint")
    assert (asked["instance_count"], asked["serverless"]) == (1, None)
    sent = run("deploy", "s3://b/model.tar.gz", *ROLE, "--name", "mine", "--run")
    assert sent.stdout == "arn:made\n"
    lines = sent.stderr.splitlines()
    assert lines[1:5] == ["It costs.", "It is deleted by:", "  aws one", "  aws two"]
    assert "  ic-tf wait mine --endpoint --region us-west-2" in lines
    assert deployed[-1]["name"] == "mine"
    small = run("deploy", "s3://b/model.tar.gz", *ROLE, "--serverless", "--memory", "3072")
    assert small.exit_code == 0
    assert deployed[-1]["serverless"].memory_size_in_mb == 3072
    assert run("deploy", "s3://b/m.tar.gz", *ROLE, "--instance-count", "0").exit_code == 2


def test_a_deployment_as_json_has_the_requests_or_the_arn(deployed: list[dict[str, Any]]) -> None:
    words = ["deploy", "s3://b/model.tar.gz", *ROLE, "--name", "mine", "--json"]
    told = {"name": "mine", "region": "us-west-2", "costs": "It costs."}
    told = {**told, "delete": ["aws one", "aws two"]}
    for more, extra in (([], {"requests": [{"a": 1}]}), (["--run"], {"arn": "arn:made"})):
        done = run(*words, *more)
        assert json.loads(done.stdout) == {**told, **extra}
        assert done.stderr == ""


class Finding:
    def __init__(self, severity: str) -> None:
        self.severity, self.subject, self.text = severity, "role", "It is odd."


@pytest.mark.parametrize(
    ("severities", "code"), [([], 0), (["warning"], 0), (["warning", "error"], 1)]
)
def test_findings_are_printed_and_an_error_is_the_exit_code(
    severities: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def preflight(model_id: str, **given: Any) -> list[Finding]:
        asked.append(given)
        return [Finding(one) for one in severities]

    monkeypatch.setattr(module("launch.sagemaker.preflight"), "preflight", preflight)
    words = ["check", "any-model", *ROLE, "--training", FOLDER]
    told = run(*words)
    assert told.exit_code == code
    lines = [f"{one}: role: It is odd." for one in severities]
    assert told.stdout.splitlines() == (lines or ["Nothing speaks against this job."])
    as_json = run(*words, "--json")
    assert as_json.exit_code == code
    assert [one["severity"] for one in json.loads(as_json.stdout)] == severities
    given = asked[0]
    assert given["channels"] == {"training": FOLDER}
    assert (given["instance_count"], given["volume_size_gb"]) == (1, 30)
    assert given["network_isolation"] is given["encrypt_inter_container_traffic"] is True
    assert "bucket" not in given


def test_a_job_has_the_options_that_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def preflight(_: str, **given: Any) -> list[Finding]:
        asked.append(given)
        return []

    monkeypatch.setattr(module("launch.sagemaker.preflight"), "preflight", preflight)
    words = ["--training", FOLDER, "--validation", f"{FOLDER}v/", "--test", f"{FOLDER}t/", "--spot"]
    words += ["--subnets", "a,b", "--subnets", "c,", "--security-group-ids", "d"]
    words += ["--tags", "x=1", "--tags", "y=2", "--environment", "A=b", "--environment", "C=d"]
    words += ["--no-network-isolation", "--set", "epochs=1", "--set", "optimizer=adam"]
    words += ["--max-run-seconds", "1", "--max-wait-seconds", "1", "--volume-size-gb", "1"]
    words += ["--keep-alive-period-in-seconds", "1"]
    done = run("check", "any-model", *ROLE, *words)
    assert done.exit_code == 0, done.output
    [given] = asked
    assert set(given["channels"]) == {"training", "validation", "test"}
    assert given["subnets"] == ("a", "b", "c")
    assert given["security_group_ids"] == ("d",)
    assert given["tags"] == {"x": "1", "y": "2"}
    assert given["environment"] == {"A": "b", "C": "d"}
    assert given["hyperparameters"] == {"epochs": "1", "optimizer": "adam"}
    assert given["network_isolation"] is False
    assert given["spot"] is True
    for option in ("max-run-seconds", "max-wait-seconds", "volume-size-gb", "instance-count"):
        assert run("check", "any", *ROLE, "--training", FOLDER, f"--{option}", "0").exit_code == 2


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of a benchmark."""
    best = SimpleNamespace(model="one")
    result = SimpleNamespace(
        as_dict=lambda: {"best": "one"},
        candidates=[best],
        rows=lambda: [("one", "0.9", "0.01", "", "0.9", "3", "2", "5", "60")],
        best=best,
        why="It is the best.",
        failures={"two": "It failed."},
    )
    empty = SimpleNamespace(**{**vars(result), "candidates": [], "failures": {}})
    made = SimpleNamespace(requests=[{"a": 1}], cost="It costs.", asked=[], ran=[])

    def planned(models: Any, data: Any, **given: Any) -> SimpleNamespace:
        made.asked.append((models, data, given))
        return made

    def work(record: Path, **given: Any) -> dict[str, Any]:
        made.ran.append((record, given["publish"]))
        return {"flowers": result, "trees": empty}

    made.run = work
    monkeypatch.setattr(module("launch.sagemaker.benchmark"), "benchmark", planned)
    return made


BENCHMARK = [
    *("benchmark", "one", "two", *ROLE, "--output", "s3://b/out"),
    *("--dataset", f"flowers:training={FOLDER}", "--dataset", "flowers:epochs=3"),
    *("--dataset", f"trees:test={FOLDER}"),
]


def test_a_benchmark_is_printed_and_started_with_run_alone(plan: SimpleNamespace) -> None:
    for more in ([], ["--dry-run"]):
        printed = run(*BENCHMARK, *more)
        assert json.loads(printed.stdout) == [{"a": 1}]
        assert printed.stderr == "It costs.\nNothing was sent; --run starts them.\n"
    models, data, given = plan.asked[0]
    assert models == ("one", "two")
    assert data["flowers"].channels == {"training": FOLDER}
    assert data["flowers"].hyperparameters == {"epochs": "3"}
    assert data["trees"].channels == {"test": FOLDER}
    assert (given["max_jobs"], given["max_parallel_jobs"]) == (2, 2)
    assert "bucket" not in given
    assert plan.ran == []
    both = run(*BENCHMARK, "--dry-run", "--run")
    assert both.exit_code == 2
    assert "give one of them" in both.output
    run(*BENCHMARK, "--bucket", "mine", "--max-run-seconds", "1")
    assert (plan.asked[-1][2]["bucket"], plan.asked[-1][2]["max_run_seconds"]) == ("mine", 1)


def test_a_benchmarks_winner_and_failures_are_said(plan: SimpleNamespace) -> None:
    done = run(*BENCHMARK, "--run", "--publish", "--record", "r.json")
    assert plan.ran == [(Path("r.json"), True)]
    lines = done.stdout.splitlines()
    assert "flowers" in lines
    assert "Picked: one. It is the best." in lines
    assert "No result: two: It failed." in lines
    assert lines[-1] == "trees"
    as_json = run(*BENCHMARK, "--run", "--json")
    assert json.loads(as_json.stdout) == {name: {"best": "one"} for name in ("flowers", "trees")}


@pytest.mark.parametrize("text", ["flowers", "flowers:", ":training"])
def test_a_data_set_that_is_none_is_refused_by_its_name(text: str, plan: SimpleNamespace) -> None:
    done = run("benchmark", "one", *ROLE, "--output", "s3://b/o", "--dataset", f"{text}={FOLDER}")
    assert done.exit_code == 1
    assert "--dataset takes NAME:CHANNEL=URI, for example" in done.output
    assert f"not '{text}'." in done.output
    assert plan.asked == []


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(outcomes=[], asked=[])

    def work(**given: Any) -> list[Mirrored]:
        made.asked.append(given)
        for one in made.outcomes:
            given["on_model"](one)
        return list(made.outcomes)

    monkeypatch.setattr(module("content.mirror"), "mirror", work)
    made.outcomes = [
        Mirrored("one", "training", "models/a", 1_250_000, 2.5),
        Mirrored("two", "training", "models/b", 0, 0.0, "It is gone."),
    ]
    return made


def test_a_mirror_tells_each_archive_and_what_to_do_next(mirrored: SimpleNamespace) -> None:
    mirrored.outcomes.pop()
    mirrored.outcomes.append(Mirrored("last", "training", "models/c", 49_999, 0.0))
    done = run("mirror", "one", "--to", "models")
    assert done.stdout.splitlines() == [
        "one, training: 1.2 MB in 2.5 s: models/a",
        "last, training: 0.0 MB in 0.0 s: models/c",
    ]
    assert "ic-tf fit IMAGES/ --model one --models models" in done.stderr
    given = mirrored.asked[0]
    assert (given["model_ids"], given["jobs"]) == (["one"], 4)
    assert given["scopes"] == ("training", "inference")
    answers = run("mirror", "one", "--to", "models", "--scope", "inference", "--jobs", "32")
    assert "ic-tf predict one --models models PHOTO.jpg" in answers.stderr
    assert mirrored.asked[-1]["jobs"] == 32
    assert "Next:" not in run("mirror", "one", "--to", "s3://bucket/x").stderr
    as_json = run("mirror", "one", "--to", "models", "--json", "--jobs", "1")
    assert [row["model_id"] for row in json.loads(as_json.stdout)] == ["one", "last"]
    assert as_json.stderr == ""
    for jobs in ("0", "33"):
        assert run("mirror", "one", "--to", "models", "--jobs", jobs).exit_code == 2


def test_what_could_not_be_mirrored_is_an_error(mirrored: SimpleNamespace) -> None:
    done = run("mirror", "one", "two", "--to", "models")
    assert done.exit_code == 1
    assert done.stdout == "one, training: 1.2 MB in 2.5 s: models/a\n"
    assert done.stderr.splitlines() == [
        "Error: two, training: It is gone.",
        "Help: docs/troubleshooting.md#exit-code-1",
    ]


def test_a_family_is_all_its_models_without_aliases(mirrored: SimpleNamespace) -> None:
    from ic_tf_sdk import specs

    mirrored.outcomes.pop()
    run("mirror", "one", "--family", "mobilenetv3", "--to", "models")
    ids = mirrored.asked[-1]["model_ids"]
    expected = [
        name
        for name in specs.model_ids()
        if specs.get(name).family == "MobileNetV3" and specs.get(name).alias_of is None
    ]
    assert ids == ["one", *expected]
    assert len(expected) > 1
    unknown = run("mirror", "--family", "MobilNetV3", "--to", "models")
    assert unknown.exit_code == 1
    assert "There is no family 'MobilNetV3'. Did you mean 'MobileNetV3'" in unknown.output
    none = run("mirror", "--to", "models")
    assert "Name at least one model id, or a --family." in none.output
    assert len(mirrored.asked) == 1


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """In place of a bucket and a private hub."""
    made = SimpleNamespace(asked=[], hubs=[])
    content, hub = module("content.publish"), module("content.private_hub")

    def publish(**given: Any) -> list[Published]:
        made.asked.append(given)
        return [
            Published("a/model.tar.gz", 1_250_000, "uploaded"),
            Published("a/one.json", 10, "there"),
            Published("a/two.json", 10, "there"),
            Published("a/three.json", 10, "uploaded"),
        ]

    def publish_hub(name: str, **given: Any) -> list[Published]:
        made.hubs.append((name, given))
        return [Published("hub/one", 10, "uploaded")]

    monkeypatch.setattr(content, "publish", publish)
    monkeypatch.setattr(content, "policy", lambda bucket, region: {"Statement": [bucket, region]})
    monkeypatch.setattr(hub, "check", lambda *_, **__: [1, 2, 3])
    monkeypatch.setattr(hub, "publish_hub", publish_hub)
    monkeypatch.setattr(hub, "statement", lambda name, region: f"{name} in {region}")
    held = SimpleNamespace(sentence=lambda: "It holds two.")
    monkeypatch.setattr(module("content.bucket_models"), "held", lambda *_: held)
    return made


def test_what_was_published_is_a_table_and_how_it_is_used(published: SimpleNamespace) -> None:
    done = run("publish", "one", "two", "--bucket", "my-bucket")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [
        ["object", "size", "state"],
        ["a/model.tar.gz", "1.2", "MB", "uploaded"],
        ["2", "model", "specs", "there"],
        ["1", "model", "specs", "uploaded"],
        ["It", "holds", "two."],
        ["Use", "it", "with:", "export", "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE=my-bucket"],
    ]
    [given] = published.asked
    assert (given["model_ids"], given["dry_run"]) == (("one", "two"), False)
    assert done.stderr == ""
    dry = run("publish", "--bucket", "my-bucket", "--dry-run")
    assert published.asked[-1]["dry_run"] is True
    assert "It holds two." not in dry.stdout
    assert "Use it with" not in dry.stdout
    assert published.hubs == []


def test_a_hub_is_filled_too(published: SimpleNamespace) -> None:
    done = run("publish", "--bucket", "my-bucket", "--hub", "mine")
    assert done.stderr == "Importing 3 models of hub mine, which takes minutes.\n"
    assert "1 models of hub mine" in done.stdout
    assert "and hub_name='mine': JumpStartEstimator(" in done.stdout
    dry = run("publish", "--bucket", "my-bucket", "--hub", "mine", "--dry-run")
    assert dry.stderr == "Comparing 3 models of hub mine, which takes minutes.\n"
    assert [given["dry_run"] for _, given in published.hubs] == [False, True]
    rows = json.loads(run("publish", "--bucket", "b", "--hub", "mine", "--json").stdout)
    assert [row["key"] for row in rows][-1] == "hub/one"


def test_a_policy_is_printed_and_nothing_done(published: SimpleNamespace) -> None:
    words = ["publish", "--bucket", "b", "--region", "eu-west-1", "--print-policy"]
    assert json.loads(run(*words).stdout) == {"Statement": ["b", "eu-west-1"]}
    with_hub = json.loads(run(*words, "--hub", "mine").stdout)
    assert with_hub == {"Statement": ["b", "eu-west-1", "mine in eu-west-1"]}
    assert published.asked == []
    missing = run("publish", "--bucket", "b", "--wheels", "no/such/folder")
    assert missing.exit_code == 2


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(checked=[], ensured=[], sent=[])

    def request(**given: Any) -> dict[str, str]:
        return {"TrainingJobName": "flowers-1"}

    one = SimpleNamespace(base_job_name="flowers", region="us-west-2", create_training_job=request)
    training = module("launch.sagemaker.training")
    monkeypatch.setattr(training, "checked_options", lambda *_, **given: made.checked.append(given))
    monkeypatch.setattr(training, "training_job", lambda *_, **__: one)
    monkeypatch.setattr(
        module("launch.sagemaker.published_content"),
        "ensure",
        lambda _, *, publish: made.ensured.append(publish),
    )

    def send(**given: Any) -> dict[str, str]:
        made.sent.append(given)
        return {"TrainingJobArn": "arn:job"}

    client = SimpleNamespace(create_training_job=send)
    monkeypatch.setattr(module("cli.launch").s3, "service", lambda *_: client)
    return made


LAUNCH = ["launch", "any-model", *ROLE, "--training", FOLDER, "--output", "s3://b/out/"]


def test_a_job_is_printed_or_sent(job: SimpleNamespace) -> None:
    dry = run(*LAUNCH, "--dry-run")
    assert json.loads(dry.stdout) == {"TrainingJobName": "flowers-1"}
    assert job.sent == job.ensured == []
    done = run(*LAUNCH)
    assert done.stdout == "arn:job\n"
    assert "ic-tf predict s3://b/out/flowers-1/output/model.tar.gz PHOTO.jpg" in done.stderr
    assert "ic-tf logs flowers-1 --region us-west-2 --follow" in done.stderr
    as_json = run(*LAUNCH, "--publish", "--json")
    row = {"training_job_name": "flowers-1", "training_job_arn": "arn:job"}
    assert json.loads(as_json.stdout) == row
    assert job.ensured == [False, True]
    assert job.sent == [{"TrainingJobName": "flowers-1"}] * 2


def test_what_is_no_pair_is_refused_by_its_options_name() -> None:
    for option, example in (("--set", ", for example epochs=10"), ("--tags", "")):
        done = run(*LAUNCH, option, "a", option, "b=1", option, "c")
        assert done.exit_code == 1
        assert f"Error: {option} takes NAME=VALUE{example}, not 'a', 'c'." in done.output


def test_sample_data_is_drawn_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def draw(**given: Any) -> int:
        asked.append(given)
        return 500

    monkeypatch.setattr(module("cli.sample_data"), "draw", draw)
    done = run("sample-data", "pictures")
    assert done.stdout == "500 pictures of 5 classes in pictures\n"
    assert "ic-tf fit pictures\n" in done.stderr
    split = run("sample-data", "pictures", "--split", "--seed", "0", "--images-per-class", "1")
    assert "ic-tf fit pictures/training --test pictures/test\n" in split.stderr
    place = Path("pictures")
    assert asked == [
        {"directory": place, "images_per_class": 100, "seed": 123, "split": False},
        {"directory": place, "images_per_class": 1, "seed": 0, "split": True},
    ]
    for more, training in (([], "pictures"), (["--split"], "pictures/training")):
        row = json.loads(run("sample-data", "pictures", "--json", *more).stdout)
        assert (row["pictures"], row["training"]) == (500, training)
    assert run("sample-data", "x", "--seed", "-1").exit_code == 2
    assert run("sample-data", "x", "--images-per-class", "0").exit_code == 2
