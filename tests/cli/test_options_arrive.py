"""What an option says reaches what does the work, which other tests try by itself."""

import importlib
import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS

EMBEDDED = "tensorflow-ic-embedded-formulanet-96"
ROLE = ["--role", "arn:aws:iam::123456789012:role/x"]
FOLDER = "s3://a-bucket/flowers/"

Handed = Callable[..., SimpleNamespace]


def module(name: str) -> Any:
    """The module, also where a function of its name hides it."""
    return importlib.import_module(f"ic_tf_sdk.{name}")


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Handed:
    """Runs a command with a stand-in for its work; what that is given."""

    def call(place: str, function: str, *words: object) -> SimpleNamespace:
        found = SimpleNamespace()

        def stand_in(*given: Any, **named: Any) -> None:
            vars(found).update(named, given=given)
            raise UserError("This is seen.")

        monkeypatch.setattr(module(place), function, stand_in)
        done = CliRunner().invoke(main, [str(word) for word in words])
        assert (done.exit_code, "This is seen." in done.stderr) == (1, True), done.output
        return found

    return call


@pytest.fixture
def _unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command loads TensorFlow; what it sets before is put back."""
    for variable in ("OPENBLAS_NUM_THREADS", THREADPOOL_VARIABLE):
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    monkeypatch.setattr(module("inference.quiet_tensorflow"), "load", lambda: None)


def test_what_a_table_is_like_reaches_the_import(handed: Handed, tmp_path: Path) -> None:
    words = ["import-data", "a.csv", "--out", tmp_path / "out"]
    plain = handed("cli.import_data", "run", *words)
    assert (plain.given, plain.kind, plain.images, plain.link) == (
        ("a.csv", tmp_path / "out"), None, None, False,
    )  # fmt: skip
    assert list(vars(plain.columns).values()) == [None] * 4
    words += ["--kind", "csv", "--image-column", "photo", "--label-column", "2", "--no-header"]
    words += ["--delimiter", ";", "--label-attribute", "kind", "--class-names", "a,b", "--link"]
    said = handed("cli.import_data", "run", *words, "--images", "photos")
    assert vars(said.columns) == {
        "image": "photo", "label": "2", "header": False, "delimiter": ";",
    }  # fmt: skip
    assert (said.kind, said.label_attribute, said.class_names) == ("csv", "kind", "a,b")
    assert (said.images, said.link) == ("photos", True)


@pytest.mark.usefixtures("_unloaded")
def test_a_budget_and_a_strategy_reach_the_tuning(handed: Handed, tmp_path: Path) -> None:
    words = ["tune", tmp_path, "--model", EMBEDDED]
    plain = handed("cli.tune", "run", *words)
    assert (plain.budget.trials, plain.strategy) == (20, "Bayesian")
    assert plain.budget._end == math.inf
    more = ["--trials", "7", "--minutes", "1.5", "--strategy", "Random", "--objective", "val:loss"]
    begin = time.monotonic()
    said = handed("cli.tune", "run", *words, *more, "--output", tmp_path / "out")
    assert (said.budget.trials, said.strategy) == (7, "Random")
    assert begin + 90 <= said.budget._end <= time.monotonic() + 90
    assert (said.goal.name, said.given[1]) == ("val:loss", tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "form"),
    [([], (False, False)), (["--unknown"], (False, True)), (["--calibrated"], (True, False))],
)
def test_a_form_of_answers_reaches_the_prediction(
    words: list[str], form: tuple[bool, bool], handed: Handed, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "a.jpg").touch()
    monkeypatch.setattr(module("cli.predict"), "opened", lambda *_, **__: None)
    for out in ([], ["--out", tmp_path / "a.csv"]):
        named = "_write" if out else "_print"
        said = handed("cli.predict", named, "predict", EMBEDDED, tmp_path, *words, *out)
        assert (said.given[-1].calibrated, said.given[-1].unknown) == form


@pytest.mark.usefixtures("_unloaded")
@pytest.mark.parametrize("cached", [True, False])
def test_another_model_and_the_cache_reach_the_evaluation(
    cached: bool, handed: Handed, tmp_path: Path
) -> None:
    words = ["evaluate", EMBEDDED, tmp_path, *([] if cached else ["--no-cache"])]
    plain = handed("cli.evaluate", "run", *words)
    assert (plain.against, plain.models_folder, plain.feature_cache) == (None, None, cached)
    other = tmp_path / "other.tar.gz"
    other.touch()
    said = handed("cli.evaluate", "run", *words, "--against", other, "--models", tmp_path)
    assert (said.given, said.against) == ((EMBEDDED, tmp_path), str(other))
    assert said.models_folder == tmp_path


@pytest.mark.parametrize("cached", [True, False])
def test_no_cache_reaches_the_training(cached: bool, handed: Handed, tmp_path: Path) -> None:
    words = [] if cached else ["--no-cache"]
    said = handed("launch.local.job", "run", "fit", tmp_path, "--model", EMBEDDED, *words)
    assert said.given[0].cached is cached
    assert "cached" not in json.loads(said.given[0].model_dump_json())
    assert said.fresh is False
    fresh = handed("launch.local.job", "run", "fit", tmp_path, "--model", EMBEDDED, "--fresh")
    assert fresh.fresh is True


@pytest.mark.usefixtures("_unloaded")
def test_what_is_picked_is_trained_with_what_was_found_beside_its_result(
    handed: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``select --fit --json`` prints one document: that of the training has the selection."""
    best = SimpleNamespace(model=EMBEDDED)
    found = SimpleNamespace(best=best, as_dict=lambda: {"picked": EMBEDDED})
    monkeypatch.setattr(module("cli.select"), "run", lambda *_, **__: found)
    words = ["select", tmp_path, "--fit", "--json", "--no-cache"]
    said = handed("cli.fit_run", "run", *words)
    request, output = said.given
    assert (request.model.model_id, request.cached) == (EMBEDDED, False)
    assert output == tmp_path.with_name(f"{tmp_path.name}-model")
    assert (said.as_json, said.beside) == (True, {"selection": {"picked": EMBEDDED}})


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, _unloaded: None) -> Callable[..., SimpleNamespace]:
    """Runs ``ic-tf serve`` without an endpoint; what that, and the log, would be given."""
    pytest.importorskip("starlette")

    def call(*words: object) -> SimpleNamespace:
        found = SimpleNamespace()

        def log(_: object, **given: Any) -> None:
            vars(found).update(given)

        def endpoint(make: Any, path: Path, *_: object, **given: Any) -> None:
            vars(found).update(make.keywords, path=path, **given)

        monkeypatch.setattr(module("inference.endpoint.logs"), "start", log)
        monkeypatch.setattr(module("cli.serve"), "_run", endpoint)
        line = ["serve", EMBEDDED, "--port", "0", *(str(word) for word in words)]
        done = CliRunner().invoke(main, line)
        assert done.exit_code == 0, done.output
        return found

    return call


def test_what_is_served_otherwise_reaches_the_endpoint(
    served: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    plain = served()
    assert (plain.max_body_bytes, plain.collect, plain.place) == (100 << 20, None, None)
    assert (plain.graph, plain.quiet) == ("auto", False)
    # Each call of the model on its own thread: TensorFlow reads it when it is loaded.
    assert os.environ[THREADPOOL_VARIABLE] == "1"
    words = ["--max-body-bytes", "7", "--json-log", tmp_path / "log", "--graph", "folded"]
    collecting = ["--collect", tmp_path, "--collect-images", "5", "--collect-bytes", "6"]
    said = served(*words, *collecting, "--quiet")
    assert (said.max_body_bytes, said.place, said.graph) == (7, str(tmp_path / "log"), "folded")
    assert tuple(said.collect) == (tmp_path, 5, 6)
    assert said.quiet is True
    assert tuple(served("--collect", tmp_path).collect) == (tmp_path, 10_000, 2 << 30)


def test_where_the_model_looks_is_shown_to_this_machine_alone_unless_it_is_said(
    served: Callable[..., SimpleNamespace],
) -> None:
    everybody = ("--host", "0.0.0.0")
    assert served().explain is True
    assert served(*everybody).explain is False
    assert served("--no-explain").explain is False
    assert served(*everybody, "--explain").explain is True


def test_another_address_of_a_module_reaches_the_mirror(handed: Handed, tmp_path: Path) -> None:
    words = ["mirror", EMBEDDED, "--to", tmp_path, "--scope", "training", "--jobs", "2"]
    plain = handed("content.mirror", "mirror", *words)
    assert (plain.handle, plain.source, plain.labels, plain.jobs) == (None, None, None, 2)
    said = handed("content.mirror", "mirror", *words, "--handle", "https://host/module/1")
    assert (said.handle, said.scopes) == ("https://host/module/1", ("training",))


JOB = {
    "model_version": ("--model-version", "1.*"),
    "model_uri": ("--model-uri", "s3://a-bucket/model.tar.gz"),
    "encrypt_inter_container_traffic": ("--no-encrypt-inter-container-traffic",),
    "network_isolation": ("--no-network-isolation",),
}


@pytest.mark.parametrize("command", ["check", "launch"])
def test_every_option_of_a_job_reaches_what_checks_and_what_starts_it(
    command: str, handed: Handed
) -> None:
    place = {"check": "preflight", "launch": "training"}[command]
    function = {"check": "preflight", "launch": "training_job"}[command]
    words = [command, EMBEDDED, *ROLE, "--training", FOLDER]
    words += ["--output", "s3://a-bucket/out/"] if command == "launch" else []
    with_all = [word for option in JOB.values() for word in option]
    plain, said = (
        vars(handed(f"launch.sagemaker.{place}", function, *words, *more))
        for more in ([], with_all)
    )
    assert "model_uri" not in plain
    assert plain["encrypt_inter_container_traffic"] is plain["network_isolation"] is True
    assert {name: said[name] for name in JOB} == {
        name: option[1] if option[1:] else False for name, option in JOB.items()
    }
    assert said.keys() - {"given", "role", "channels", "output_path"} <= DEFAULTS.keys()


def test_so_many_at_a_time_reach_a_comparison(handed: Handed) -> None:
    words = ["benchmark", EMBEDDED, "--dataset", f"a:training={FOLDER}", *ROLE]
    words += ["--output", "s3://a-bucket/out/", "--dry-run"]
    for more, jobs in (([], 2), (["--max-parallel-jobs", "3"], 3)):
        said = handed("launch.sagemaker.benchmark", "benchmark", *words, *more)
        assert said.max_parallel_jobs == jobs
