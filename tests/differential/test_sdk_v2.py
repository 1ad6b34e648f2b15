"""The unmodified SageMaker SDK reads the exported catalogue and answers as ic_tf_sdk does.

A quick part for SDK v2, which the development environment holds. ``nox -s sdk_v2 sdk_v3`` runs the
sample, ``nox -s sdk_v2_full sdk_v3_full`` the cross product.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import cases  # noqa: E402
import compare  # noqa: E402

from ic_tf_sdk.specs.catalogue import read  # noqa: E402
from ic_tf_sdk.specs.export import export_catalogue  # noqa: E402
from ic_tf_sdk.specs.regions import launched_regions  # noqa: E402
from ic_tf_sdk.specs.source import named  # noqa: E402

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sagemaker") is None, reason="needs the sagemaker extra"
)

# No setting of the machine may decide an answer.
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_EC2_METADATA_DISABLED": "true",
}
BUCKET = {"AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE": "my-bucket"}


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory):
    root = tmp_path_factory.mktemp("catalogues")
    for name in ("jumpstart", "published"):
        export_catalogue(root / name, source=named(name))
    return root


def answers(side, mode, catalogue, folder, environment):
    path = folder / f"{side}-{mode}.jsonl"
    command = [sys.executable, str(HERE / "answer.py"), side, mode, str(catalogue), str(path)]
    subprocess.run(command, check=True, env=CLEAN | environment, capture_output=True, timeout=500)
    return path


@pytest.mark.parametrize(
    ("source", "mode"),
    [("jumpstart", "quick"), ("published", "tiny"), ("jumpstart", "quick-search")],
)
def test_sdk_v2_and_this_package_answer_alike(catalogues, tmp_path, source, mode):
    environment = BUCKET if source == "published" else {}
    catalogue = catalogues / source
    theirs = answers("v2", mode, catalogue, tmp_path, environment)
    ours = answers("ours", mode, catalogue, tmp_path, environment)
    found = compare.compare(mode, catalogue, theirs, ours, "v2")
    assert not found.unexplained, str(found)
    assert found.values > found.count / 4


def test_comparison_sees_a_wrong_value_and_a_foreign_error(catalogues, tmp_path):
    catalogue = catalogues / "jumpstart"
    case = next(cases.cases("quick", catalogue))
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    count = sum(1 for _ in cases.cases("quick", catalogue))
    right.write_text('{"value": "a"}\n' * count)
    wrong.write_text('{"value": "b"}\n' + '{"value": "a"}\n' * (count - 1))
    assert len(compare.compare("quick", catalogue, right, wrong, "v2").unexplained) == 1
    wrong.write_text(
        '{"error": ["KeyError"], "class": "KeyError", "ours": false, "text": ""}\n'
        + '{"value": "a"}\n' * (count - 1)
    )
    assert str(case) in compare.compare("quick", catalogue, right, wrong, "v2").unexplained[0]


def test_cases_ask_for_every_region():
    assert set(cases.REGIONS) == set(read("regions"))


def test_launched_regions_are_the_sdks():
    script = (
        "from sagemaker.jumpstart.constants import JUMPSTART_LAUNCHED_REGIONS as known\n"
        "print(*sorted(info.region_name for info in known))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        check=True,
        env=CLEAN | {"SAGEMAKER_SUPPRESS_V2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1].split() == launched_regions()


def test_signatures_have_the_sdks_parameters_order_and_defaults():
    script = (
        "import inspect, json, importlib, sys\n"
        "for name in sys.argv[2:]:\n"
        "    module, function = name.split('.')\n"
        "    found = getattr(importlib.import_module(sys.argv[1] + '.' + module), function)\n"
        "    print(json.dumps([name, [[p.name, str(getattr(p.default, 'value', p.default)) "
        "if p.name != 'sagemaker_session' else ''] "
        "for p in inspect.signature(found).parameters.values()]]))\n"
    )
    names = [name for name, _ in cases.MODEL_FUNCTIONS]
    theirs, ours = (
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, package, *names],
            check=True,
            env=CLEAN | {"SAGEMAKER_SUPPRESS_V2_WARNING": "1"},
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        for package in ("sagemaker", "ic_tf_sdk")
    )
    assert len(ours) == len(names)
    assert [line for line in theirs if line.startswith("[")] == ours


def test_estimator_and_model_of_the_sdk_are_built_from_the_exported_catalogue(catalogues):
    script = (
        "from sagemaker.jumpstart.estimator import JumpStartEstimator\n"
        "from sagemaker.jumpstart.model import JumpStartModel\n"
        f"model_id, role = {cases.MOBILENET!r}, 'arn:aws:iam::111122223333:role/x'\n"
        "estimator = JumpStartEstimator(model_id=model_id, role=role)\n"
        "print(estimator.image_uri, estimator.model_uri, estimator.source_dir)\n"
        "print(estimator.hyperparameters()['train_only_on_top'], estimator.metric_definitions)\n"
        "print(JumpStartModel(model_id=model_id, role=role).model_data)\n"
    )
    roots = {
        f"AWS_JUMPSTART_{what}_LOCAL_ROOT_DIR_OVERRIDE": str(catalogues / "jumpstart")
        for what in ("MANIFEST", "SPECS")
    }
    fake = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-west-2",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=CLEAN | roots | fake,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for wanted in (
        "tensorflow-training:2.9-gpu-py39",
        f"tensorflow-training/v3.0.0/train-{cases.MOBILENET}.tar.gz",
        "prepack/v1.1.2/sourcedir.tar.gz",
        "tflow-ic:val-accuracy",
        "artifacts/inference-prepack/v1.0.0/",
    ):
        assert wanted in done.stdout
