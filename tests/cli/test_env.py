"""``ic-tf env`` says what a report of a fault needs, and no secret."""

import importlib.metadata
import json
import platform
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ic_tf_sdk import settings
from ic_tf_sdk.cli import main


@pytest.fixture
def shown(monkeypatch):
    def show(*words):
        result = CliRunner().invoke(main, ["env", *words])
        assert result.exit_code == 0, result.output
        return result.stdout

    monkeypatch.delenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", raising=False)
    return show


def test_it_has_versions_devices_and_weights(shown):
    facts = json.loads(shown("--json"))
    assert facts["system"]["python"].endswith(platform.python_version())
    assert facts["packages"]["pydantic"][0] == "2"
    assert any(name.startswith("/physical_device:CPU") for name in facts["devices"])
    assert facts["weights"]["shipped"] == 2


def test_settings_that_are_set_are_shown_and_private_ones_only_named(shown, monkeypatch):
    monkeypatch.setattr(settings, "max_pixels", 5_000_000)
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "a-private-bucket")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    text = shown("--no-devices", "--json")
    facts = json.loads(text)
    assert facts["devices"] == {}
    assert facts["settings"]["settings.max_pixels"] == 5_000_000
    assert facts["settings"]["AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE"] == "(set)"
    assert "a-private-bucket" not in text
    assert "wJalrXUtnFEMI" not in text


def test_the_table_names_the_same(shown):
    text = shown("--no-devices")
    for name in ("ic_tf_sdk", "pydantic", "shipped"):
        assert f"\n{name} " in text


def test_the_package_itself_is_the_command_line():
    command = [sys.executable, "-m", "ic_tf_sdk", "--version"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "ic-tf" in run.stdout


def test_of_a_checkout_that_is_not_installed_no_package_is_named(shown, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", missing)
    assert json.loads(shown("--no-devices", "--json"))["packages"] == {}
