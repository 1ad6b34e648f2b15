"""The hosts of a job, read from what SageMaker's toolkit sets."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training.devices import hosts
from ic_tf_sdk.training.devices.hosts import Hosts


def test_one_host_or_none_is_a_job_of_one() -> None:
    for variables in ({}, {"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-1"}):
        found = hosts.read(variables)
        assert not found.several
        assert found.chief


def test_tensorflow_is_told_every_host_and_which_one_this_is() -> None:
    found = hosts.read({"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-2"})
    assert not found.chief
    assert json.loads(found.tf_config()) == {
        "cluster": {"worker": ["algo-1:8890", "algo-2:8890"]},
        "task": {"type": "worker", "index": 1},
    }


def test_a_name_may_bring_its_port() -> None:
    config = json.loads(Hosts(("localhost:4000", "other")).tf_config())
    assert config["cluster"]["worker"] == ["localhost:4000", "other:8890"]


@pytest.mark.parametrize(
    ("names", "current"),
    [
        ('["a", "b"]', ""), ('["a", "b"]', "c"), ('["a", "a"]', "a"), ("[", "a"), ('"ab"', "a"),
        ('["a:70000", "b:1"]', "a:70000"), ('["a:0", "b"]', "a:0"), ('["a:x", "b"]', "a:x"),
        ('["a", null]', "a"), ('["a", ["b"]]', "a"), ('["a", ""]', "a"), ('["a", "b b"]', "a"),
        ('["a", "%s"]' % ("b" * 64), "a"), ('["a", "b..c"]', "a"), ("[" * 100_000, "a"),
    ],
)  # fmt: skip
def test_hosts_that_do_not_fit_each_other_are_refused(names: str, current: str) -> None:
    with pytest.raises(UserError, match="SM_") as caught:
        hosts.read({"SM_HOSTS": names, "SM_CURRENT_HOST": current})
    assert len(str(caught.value)) < 300


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=6))
def test_whatever_the_hosts_are_they_are_read_or_refused_in_a_sentence(content: object) -> None:
    variables = {"SM_HOSTS": json.dumps(content), "SM_CURRENT_HOST": "algo-1"}
    # Nothing else comes out.
    with suppress(UserError):
        json.loads(hosts.read(variables).tf_config())


def test_a_lost_host_is_named_and_other_errors_are_left_alone() -> None:
    job = Hosts(("algo-1", "algo-2", "algo-3"), index=0)
    message = (
        "Collective ops is aborted by: Error reported from /job:worker/task:2: The following tasks "
        "are unhealthy (stopped sending heartbeats):\n/job:worker/replica:0/task:2"
    )
    assert "host algo-3 ended" in (job.lost(message) or "")
    assert "another host ended" in (job.lost("Collective ops is aborted by: Deadline") or "")
    assert job.lost("Input is empty.") is None
    assert Hosts().lost(message) is None
