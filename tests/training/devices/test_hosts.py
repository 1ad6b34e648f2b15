"""The hosts of a job, read from what SageMaker's toolkit sets."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.errors import HostLostError, UserError
from ic_tf_sdk.training.devices import hosts
from ic_tf_sdk.training.devices.hosts import Hosts


def test_one_host_or_none_is_a_job_of_one() -> None:
    one = {"SM_HOSTS": '["algo-1"]'}
    for variables in ({}, one, {**one, "SM_CURRENT_HOST": "algo-1"}):
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


def test_of_what_was_given_a_sentence_shows_the_beginning() -> None:
    for length, shown in ((58, f"'{'x' * 58}'"), (59, f"'{'x' * 59}…"), (5000, f"'{'x' * 59}…")):
        with pytest.raises(UserError) as caught:
            hosts.read({"SM_HOSTS": json.dumps("x" * length), "SM_CURRENT_HOST": "a"})
        assert str(caught.value) == f"SM_HOSTS must be a JSON list of names, not {shown}."


@pytest.mark.parametrize("name", ["a:1", "a:65535", "a.b.", "%s" % ("b" * 63), "10.0.0.7:80"])
def test_names_and_ports_at_their_bounds_are_read(name: str) -> None:
    found = hosts.read({"SM_HOSTS": json.dumps([name, "other"]), "SM_CURRENT_HOST": name})
    assert found == Hosts((name, "other"), 0)
    assert found.several


@pytest.mark.parametrize("name", ["a:0", "a:65536", "a:99999", "a:100000"])
def test_another_port_is_refused_with_the_ports_that_there_are(name: str) -> None:
    with pytest.raises(UserError, match=f"from 1 to 65535 as 'algo-1:8890', not '{name}'"):
        hosts.read({"SM_HOSTS": json.dumps([name, "other"]), "SM_CURRENT_HOST": "other"})


def test_the_lost_ones_are_all_but_this_one() -> None:
    job = Hosts(("algo-1", "algo-2", "algo-3", "algo-4"), index=2)
    tasks = "/job:worker/task:2 /job:worker/replica:0/task:0 /job:worker/task:3"
    said = job.lost(f"Collective ops is aborted by: {tasks}")
    assert said is not None
    assert said.startswith("The training cannot go on: host algo-1, algo-4 ended or cannot be")
    # An address that no host has names none.
    assert "another host" in (job.lost("Collective ops is aborted: /job:worker/task:9") or "")


def test_what_the_guide_says_of_lost_hosts_is_so() -> None:
    guide = Path(__file__).parents[3] / "docs" / "guides" / "several-gpus-and-hosts.md"
    text = " ".join(guide.read_text(encoding="utf-8").split())
    assert f"ends the others with exit code {hosts.EXIT_CODE} " in text
    assert f"named after {hosts.APPEARANCE_SECONDS:g} seconds" in text


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in listeners]
    for one in listeners:
        one.close()
    return ports


def test_each_host_waits_until_all_others_listen() -> None:
    names = tuple(f"127.0.0.1:{port}" for port in free_ports(3))
    with ThreadPoolExecutor() as pool:
        waits = [pool.submit(Hosts(names, index).await_others, 30.0) for index in range(2)]
        time.sleep(0.4)
        assert not any(wait.done() for wait in waits)
        # The last one sees both at once, and is seen by them while it listens on.
        with socket.create_server(("127.0.0.1", int(names[2].partition(":")[2]))):
            for wait in waits:
                wait.result(timeout=30)
        # Whoever stopped waiting has left its port to its TensorFlow.
        for index in (0, 1):
            socket.create_server(("", int(names[index].partition(":")[2]))).close()


def test_a_host_alone_waits_for_nobody() -> None:
    [port] = free_ports(1)
    start = time.monotonic()
    Hosts((f"127.0.0.1:{port}",)).await_others(30.0)
    assert time.monotonic() - start < 5


def test_a_host_that_does_not_appear_is_named_with_how_long_it_was_waited_for() -> None:
    own, there, absent, gone = (f"127.0.0.1:{port}" for port in free_ports(4))
    start = time.monotonic()
    with (
        socket.create_server(("127.0.0.1", int(there.partition(":")[2]))),
        pytest.raises(HostLostError) as caught,
    ):
        Hosts((there, own, absent, gone), index=1).await_others(0.5)
    assert str(caught.value) == (f"{absent}, {gone} of 4 hosts did not appear within 0.5 seconds.")
    assert 0.5 < time.monotonic() - start < 10
