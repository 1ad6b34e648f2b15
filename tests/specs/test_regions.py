"""Which region a call means."""

from types import SimpleNamespace

import pytest

from ic_tf_sdk.errors import UnknownRegionError, UserError
from ic_tf_sdk.specs.regions import (
    chosen_region,
    domain,
    known_regions,
    launched_regions,
    require_launched,
)

VARIABLES = ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")


@pytest.fixture(autouse=True)
def config(monkeypatch, tmp_path):
    """An AWS configuration file with two profiles, and no variables."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config"
    path.write_text("[default]\nregion = eu-west-1\n[profile other]\nregion = eu-west-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    return path


def session(region):
    return SimpleNamespace(boto_region_name=region)


def test_argument_wins_then_session_then_environment_then_profile_then_us_west_2(
    monkeypatch, config
):
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ca-central-1")
    assert chosen_region("cn-north-1", session("us-east-2")) == "cn-north-1"
    assert chosen_region(None, session("us-east-2")) == "us-east-2"
    assert chosen_region("", None) == "ca-central-1"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert chosen_region(None) == "sa-east-1"
    monkeypatch.delenv("AWS_REGION")
    assert chosen_region(None) == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert chosen_region(None) == "eu-west-2"
    config.unlink()
    assert chosen_region(None) == "us-west-2"


def test_session_in_a_region_without_jumpstart_is_passed_over():
    assert chosen_region(None, session("mars-1")) == "eu-west-1"


@pytest.mark.parametrize("text", ["no section", "[default\nregion", "[default]\n%(x", "\x00\xff"])
def test_unreadable_configuration_file_is_passed_over(config, text):
    config.write_bytes(text.encode("latin-1"))
    assert chosen_region(None) == "us-west-2"


@pytest.mark.parametrize("wrong", [3, ["us-west-2"], b"us-west-2"])
def test_region_that_is_no_text_is_refused(wrong):
    with pytest.raises(UserError, match="must be text"):
        chosen_region(wrong)


def test_session_without_a_region_is_refused():
    with pytest.raises(UserError, match="boto_region_name"):
        chosen_region(None, object())


def test_the_default_profile_is_read_under_its_own_name_and_others_under_theirs(
    monkeypatch, config
):
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "other")
    monkeypatch.setenv("AWS_PROFILE", "default")
    assert chosen_region(None) == "eu-west-2"
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "nobody")
    assert chosen_region(None) == "us-west-2"
    # A section twice, which boto3 takes as well.
    config.write_text("[default]\nregion = a\n[default]\nregion = eu-west-3\n")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "default")
    assert chosen_region(None) == "eu-west-3"


def test_registries_of_other_partitions_have_other_domains():
    domains = {region: domain(region) for region in ("us-west-2", "cn-north-1", "us-isob-east-1")}
    assert list(domains.values()) == ["amazonaws.com", "amazonaws.com.cn", "sc2s.sgov.gov"]


def test_a_region_without_jumpstart_is_refused_with_the_nearest():
    require_launched("us-west-2")
    assert "us-west-2" in launched_regions()
    assert set(launched_regions()) < set(known_regions())
    said = r"'us-west-22'\. Did you mean 'us-west-2' or '[^' ]+'\? It is in "
    with pytest.raises(UnknownRegionError, match=said):
        require_launched("us-west-22")
