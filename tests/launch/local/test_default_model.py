"""What a person gets who names no model: real weights where they are, and a line that says so."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk import embedded, hyperparameters
from ic_tf_sdk.backbones import weights_packages
from ic_tf_sdk.cli import main
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local.default_model import PREFERRED

LITE1 = PREFERRED.replace("lite0", "lite1")
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in weights_packages.PACKAGES.values():
        monkeypatch.setitem(sys.modules, package.module, None)  # type: ignore[arg-type]


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def planned(*words: object) -> tuple[str, dict[str, str], str]:
    """Model, hyperparameters and what was said of a fit that is not started."""
    done = ic_tf("fit", *words, "--dry-run")
    assert done.exit_code == 0, done.output
    request = json.loads(done.stdout)
    return request["model"]["model_id"], request["hyperparameters"], done.stderr


def test_fit_takes_lite0_and_trains_its_top_for_five_epochs_and_says_so(tmp_path: Path) -> None:
    model_id, values, said = planned(tmp_path)
    assert model_id == PREFERRED
    assert (values["train_only_on_top"], values["epochs"]) == ("True", "5")
    assert f"taking {PREFERRED} with train_only_on_top=True, epochs=5" in said
    assert "pip install" not in said


def test_what_the_person_sets_goes_before(tmp_path: Path) -> None:
    _, values, said = planned(tmp_path, "-s", "epochs=2", "-s", "train-only-on-top=False")
    assert (values["train_only_on_top"], values["epochs"]) == ("False", "2")
    assert "epochs" not in said


def test_a_model_that_is_named_keeps_the_mirrored_defaults(tmp_path: Path) -> None:
    for words in (("--model-id", LITE1), ("--model", LITE1)):
        model_id, values, said = planned(tmp_path, *words)
        assert model_id == LITE1
        mirrored = hyperparameters.retrieve_default(model_id=LITE1, model_version="*")
        assert {name: values[name] for name in mirrored} == mirrored
        assert (values["train_only_on_top"], values["epochs"]) == ("False", "3")
        assert "No model is named" not in said


def test_without_the_extra_the_embedded_model_comes_with_the_command_for_better(
    without_extra: None, tmp_path: Path
) -> None:
    model_id, values, said = planned(tmp_path)
    assert model_id == embedded.MODEL_IDS[0]
    assert (values["train_only_on_top"], values["epochs"]) == ("True", "5")
    assert said.count("\n") == 1
    assert "pip install" in said
    assert "imagenet" in said


def test_an_estimator_without_a_model_chooses_likewise(
    without_extra: None, tiny_dataset: SimpleNamespace, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    estimator = LocalEstimator(hyperparameters={"epochs": 1}, output_path=tmp_path)
    assert estimator.model_id == embedded.MODEL_IDS[0]
    assert estimator.hyperparameters() == {"train_only_on_top": "True", "epochs": "1"}
    estimator.fit(tiny_dataset.test)
    assert capsys.readouterr().out.startswith("No model is named: taking tensorflow-ic-embedded")


def test_an_estimator_takes_lite0_where_it_is() -> None:
    estimator = LocalEstimator()
    assert estimator.model_id == PREFERRED
    assert estimator.hyperparameters() == {"train_only_on_top": "True", "epochs": "5"}
    assert LocalEstimator(PREFERRED).hyperparameters() == {}


@pytest.mark.parametrize(("model_id", "offers"), [(MOBILENET, 0), (PREFERRED, 1)])
def test_a_model_that_is_not_at_hand_is_offered_every_way_to_it(
    model_id: str, offers: int, without_extra: None, tmp_path: Path
) -> None:
    done = ic_tf("fit", tmp_path, "--model", model_id, "--output", tmp_path / "out")
    assert done.exit_code == 1
    assert f"The weights of '{model_id}' are not part of this package" in done.stderr
    assert f"`ic-tf mirror {model_id} --to FOLDER --scope training`" in done.stderr
    assert "(--download)" in done.stderr
    assert done.stderr.count("pip install") == offers
    assert list(tmp_path.iterdir()) == []


def test_the_output_is_beside_the_pictures_and_never_overwritten(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    shutil.copytree(tiny_dataset.test, tmp_path / "pictures")
    words = ("--model", tiny_archive, "-s", "epochs=1", "-s", "train_only_on_top=True")
    monkeypatch.chdir(tmp_path)
    for folder in ("pictures/", tmp_path / "pictures"):
        done = ic_tf("fit", folder, *words)
        refused = folder != "pictures/"
        assert done.exit_code == int(refused), done.output
        assert (tmp_path / "pictures-model" / "model.tar.gz").is_file()
    assert "already exists" in done.stderr
    monkeypatch.chdir(tmp_path / "pictures")
    assert "pictures-model already exists" in ic_tf("fit", ".", *words).stderr


def test_models_available_lists_what_is_at_hand_as_text_and_json(without_extra: None) -> None:
    listed = json.loads(ic_tf("models", "--available", "--json").stdout)
    assert [(item["model_id"], item["scope"], item["place"]) for item in listed] == [
        (embedded.MODEL_IDS[0], "training", "shipped"),
        (embedded.MODEL_IDS[0], "inference", "shipped"),
    ]
    table = ic_tf("models", "--available").stdout.splitlines()
    assert table[0].split() == ["model", "id", "for", "from", "location"]
    assert len(table) == 3
    nothing = ic_tf("models", "mobilenet", "--available")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
