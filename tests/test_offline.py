"""A first model with real weights, and their own answers, on a machine without a network."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

LITE0 = "tensorflow-ic-efficientnet-lite0-classification-2"

# Runs at the start of each process, those that the commands start included. urllib3 makes a socket
# when it is imported, to see whether there is IPv6, and asks nobody with it.
NO_NETWORK = """
import os, socket, traceback

def refuse(*_, **__):
    with open(os.environ["SOCKETS_LOG"], "a") as log:
        traceback.print_stack(file=log)
    raise OSError("there is no network")

class Socket(socket.socket):
    connect = connect_ex = sendto = sendmsg = refuse

socket.socket, socket.getaddrinfo = Socket, refuse
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NO_NETWORK)
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    return {
        **os.environ,
        "PYTHONPATH": path,
        "SOCKETS_LOG": str(tmp_path / "sockets.log"),
    }


@pytest.mark.parametrize(
    "fresh", [pytest.param(True, id="first start", marks=pytest.mark.slow), False]
)
def test_nothing_is_asked_of_a_network(
    environment: dict[str, str], tiny_dataset: SimpleNamespace, tmp_path: Path, fresh: bool
) -> None:
    """With what other tests have converted; marked slow, with all of it to do."""
    if fresh:
        environment["IC_TF_SDK_CACHE"] = str(tmp_path / "cache")

    def ic_tf(*words: object) -> str:
        command = [sys.executable, "-m", "ic_tf_sdk.cli", *map(str, words)]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (tmp_path / "pictures").symlink_to(tiny_dataset.training)
    fitted = ic_tf("fit", "pictures", "--test", tiny_dataset.test)
    assert f"Model: {LITE0}" in fitted
    assert "Epoch 5/5 - " in fitted
    picture = min((tiny_dataset.test / "dots").iterdir())
    assert "dots" in ic_tf("predict", "pictures-model/model.tar.gz", picture)
    assert len(ic_tf("predict", LITE0, picture).splitlines()) == 2
    assert not (tmp_path / "sockets.log").exists()


def test_a_socket_would_be_seen(environment: dict[str, str], tmp_path: Path) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == 1
    assert (tmp_path / "sockets.log").is_file()
