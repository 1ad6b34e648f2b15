"""The example files of a service agree with the endpoint, each other and what reads them."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from ic_tf_sdk.cli import serve
from ic_tf_sdk.contract.bearer_token import FILE_VARIABLE
from ic_tf_sdk.install_line import in_clone
from ic_tf_sdk.specs.shell_variables import VARIABLES
from tests.inference.servers import running
from tests.inference.service import files
from tests.inference.service.running import TOKEN, check_token, free_port, started

KNOWN = {variable.name for variable in VARIABLES}
POD = files.manifests()["Deployment"]["spec"]["template"]["spec"]


def test_the_image_is_of_the_clone_and_of_the_extras_that_serving_needs() -> None:
    copies = [step.text.split()[:-1] for step in files.dockerfile() if step.name == "COPY"]
    copied = {word for words in copies for word in words}
    assert {"pyproject.toml", "ic_tf_sdk"} <= copied
    assert all((files.ROOT / word).exists() for word in copied)
    assert files.step("RUN").endswith(in_clone("train", "serve").removeprefix("pip install "))
    ignored = (files.FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    # Once it is installed, no step is root's, and the number says so to Kubernetes.
    names = [step.name for step in files.dockerfile()]
    assert "RUN" not in names[names.index("USER") :]
    assert int(files.step("USER").partition(":")[0]) > 0


def test_every_variable_and_option_of_the_files_is_one_of_the_package() -> None:
    service = files.compose()["services"]["endpoint"]
    pod = {one["name"] for one in POD["containers"][0]["env"]}
    set_here = {*files.environment(), *files.unit().environment, *service["environment"], *pod}
    ours = {name for name in set_here if name.startswith("IC_TF_SDK_")}
    assert FILE_VARIABLE in ours
    assert ours <= KNOWN
    _, *docker = files.command()
    _, *systemd = files.unit().command
    for words in (docker, systemd, ["serve", *POD["containers"][0]["args"]]):
        assert words[0] == "serve"
        assert serve.serve.make_context("serve", list(words[1:])).params["port"] == 8080
    assert POD["containers"][0]["args"] == json.loads(files.step("CMD"))


def test_everybody_waits_longer_than_open_requests_are_answered() -> None:
    grace = serve._GRACE_SECONDS
    service = files.compose()["services"]["endpoint"]
    assert int(service["stop_grace_period"].removesuffix("s")) > grace
    assert int(files.unit().one("Service", "TimeoutStopSec")) > grace
    [*_, waits] = POD["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert POD["terminationGracePeriodSeconds"] > int(waits) + grace
    assert files.step("STOPSIGNAL") == "SIGTERM"


def test_the_probes_are_of_paths_that_need_no_token_and_of_their_meaning() -> None:
    [container] = POD["containers"]
    paths = {
        name: container[name]["httpGet"]["path"]
        for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    # What they answer at each time is in tests/inference/test_authentication.py.
    assert paths == {"startupProbe": "/ping", "readinessProbe": "/ping", "livenessProbe": "/live"}
    [port] = container["ports"]
    assert str(port["containerPort"]) == files.step("EXPOSE")
    assert all(container[name]["httpGet"]["port"] == port["name"] for name in paths)
    assert "8080/ping" in files.health_check()[-1]


@pytest.mark.parametrize("status", [200, 503])
def test_the_health_check_asks_the_endpoint_itself_whatever_proxy_is_set(status: int) -> None:
    with running(Response(status_code=status)) as url:
        port = url.rpartition(":")[2]
        _, *words = (word.replace("8080", port) for word in files.health_check())
        # Docker hands the proxies of its settings to every container; nobody listens at this one.
        variables = {**os.environ, "http_proxy": "http://127.0.0.1:9"}
        done = subprocess.run([sys.executable, *words], env=variables, check=False)
    assert (done.returncode == 0) == (status == 200)


def test_the_pod_writes_into_its_scratch_folder_alone_and_each_volume_is_there() -> None:
    [container] = POD["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    mounts = {one["mountPath"]: one for one in container["volumeMounts"]}
    assert [place for place, one in mounts.items() if not one.get("readOnly")] == ["/tmp"]
    assert {one["name"] for one in mounts.values()} == {one["name"] for one in POD["volumes"]}
    [token] = [one["value"] for one in container["env"] if one["name"] == FILE_VARIABLE]
    assert Path(token).parent.as_posix() in mounts
    labels = files.manifests()["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert files.manifests()["Service"]["spec"]["selector"].items() <= labels.items()


def test_the_units_parser_sees_what_is_no_line() -> None:
    for text in ("Type=exec", "[Service]\nType exec", "[Service]\n Type=exec"):
        with pytest.raises(ValueError, match="no line of a unit"):
            files.unit(text)


def test_the_unit_names_what_systemd_knows(tmp_path: Path) -> None:
    unit = files.unit()
    assert set(unit.sections) == {"Unit", "Service", "Install"}
    assert unit.environment[FILE_VARIABLE] == "%d/token"
    assert unit.one("Service", "LoadCredential").startswith("token:")
    assert unit.one("Service", "DynamicUser") == "yes"
    if not shutil.which("systemd-analyze"):
        return
    # Its program must be there, which only an installation has.
    program = tmp_path / "bin" / "ic-tf"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (files.FOLDER / "ic-tf-serve.service").read_text()
    path = tmp_path / "ic-tf-serve.service"

    def verify(text: str) -> tuple[int, str]:
        path.write_text(text.replace(unit.command[0], str(program)))
        command = ["systemd-analyze", "verify", "--man=no", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert verify(text) == (0, "")
    assert "ProtectSytem" in verify(text.replace("ProtectSystem", "ProtectSytem"))[1]


def engine() -> list[str] | None:
    """A container engine that runs here."""
    for name in ("docker", "podman"):
        with contextlib.suppress(OSError):
            if subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
                return [name]
    return None


@pytest.fixture(scope="module")
def built() -> Any:
    """The image, built; its engine."""
    if (found := engine()) is None:
        pytest.skip("no container engine runs here; the clean root does the same steps")
    command = [*found, "build", "--file", "examples/deploy/Dockerfile", "--tag", "ic-tf-serve", "."]
    subprocess.run(command, cwd=files.ROOT, check=True)
    return found


@pytest.mark.slow
def test_the_image_is_built_and_answers(
    built: list[str], model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copyfile(model_tar_gz, folder / "model.tar.gz")
    (tmp_path / "token").write_text(TOKEN)
    for path in (tmp_path, folder, folder / "model.tar.gz", tmp_path / "token"):
        path.chmod(0o755)
    port = free_port()
    command = [*built, "run", "--rm", "--init", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    command += [f"--publish=127.0.0.1:{port}:8080", f"--volume={folder}:/model:ro"]
    command += [f"--volume={tmp_path / 'token'}:/run/secrets/token:ro"]
    command += [f"--env={FILE_VARIABLE}=/run/secrets/token", "ic-tf-serve"]
    with started(command, port, tmp_path) as service:
        check_token(service.url, photos[0].read_bytes())
        service.process.terminate()
        assert service.process.wait(60) == 0
        assert TOKEN not in service.said


@pytest.mark.slow
def test_the_compose_file_is_one_for_the_engine(built: list[str], tmp_path: Path) -> None:
    command = [*built, "compose", "--file", str(files.FOLDER / "compose.yaml"), "config", "--quiet"]
    subprocess.run(command, check=True)
