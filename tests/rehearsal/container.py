"""SageMaker's side of a training job: the folders it lays out, and the real toolkit run on them.

The container is a Python environment with TensorFlow, what AWS's image lists beside it, and
``sagemaker-training``; ``/opt/ml`` is mounted for the job's processes alone, and a job in network
isolation gets a network namespace without any route.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tarfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.aws import KEYS

ML = Path("/opt/ml")


@dataclass
class Job:
    """A job that ran: its log, its exit code, and what lay in ``/opt/ml`` afterwards.

    Attributes:
        times: When each line of the log was printed, in seconds since 1970.
        started: When its container started, likewise.
        ended: When it ended.
    """

    request: dict[str, Any]
    root: Path
    code: int
    log: str
    times: list[float] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0
    failure: str = ""
    artifacts: dict[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the toolkit reported success."""
        return self.code == 0


@dataclass(frozen=True)
class Stop:
    """Taking a spot machine away.

    Attributes:
        line: Beginning of the log line after which it is taken.
        notice_seconds: From SIGTERM to SIGKILL; SageMaker gives 120. 0 is a machine that is lost.
    """

    line: str
    notice_seconds: float


@dataclass(frozen=True)
class Container:
    """One image, and the S3 that its jobs reach.

    Attributes:
        environment: A virtual environment with the image's packages.
        s3: A boto3 client.
        endpoint: S3's address.
        framework: Whether the TensorFlow container's own main runs the script, as AWS's images
            ask the toolkit for; else the toolkit does.
    """

    environment: Path
    s3: Any
    endpoint: str
    framework: bool = True

    def run(self, request: dict[str, Any], root: Path, *, stop: Stop | None = None) -> Job:
        """Run a CreateTrainingJob request and upload what it leaves, as SageMaker does.

        Args:
            request: The parameters of CreateTrainingJob.
            root: An empty folder that becomes ``/opt/ml``.
            stop: When to take the machine away, and how.
        """
        self._lay_out(request, root)
        started = time.time()
        code, lines = _output(self._command(request, root), self._variables(request), stop)
        failure = root / "output" / "failure"
        job = Job(
            request=request,
            root=root,
            code=code,
            log="".join(line for _, line in lines),
            times=[at for at, _ in lines],
            started=started,
            ended=time.time(),
            failure=failure.read_text() if failure.exists() else "",
        )
        self._collect(job)
        return job

    def _lay_out(self, request: dict[str, Any], root: Path) -> None:
        for name in ("input/config", "model", "output/data", "checkpoints"):
            (root / name).mkdir(parents=True)
        config = root / "input" / "config"
        _write(config / "hyperparameters.json", request.get("HyperParameters", {}))
        channels = request["InputDataConfig"]
        for channel in channels:
            self._download(channel, root / "input" / "data" / channel["ChannelName"])
        _write(config / "inputdataconfig.json", {c["ChannelName"]: _described(c) for c in channels})
        _write(config / "resourceconfig.json", _resources(request))
        checkpoints = request.get("CheckpointConfig", {}).get("S3Uri")
        if checkpoints:
            self._fetch(checkpoints.rstrip("/") + "/", root / "checkpoints")

    def _download(self, channel: dict[str, Any], folder: Path) -> None:
        source = channel["DataSource"]["S3DataSource"]
        assert source["S3DataType"] == "S3Prefix"
        self._fetch(source["S3Uri"], folder)
        if not any(folder.iterdir()):
            raise AssertionError(f"ClientError: No S3 objects found under {source['S3Uri']!r}")

    def _fetch(self, uri: str, folder: Path) -> None:
        """Every object of a prefix; names begin behind it, or behind its last slash."""
        bucket, prefix = urlsplit(uri).netloc, urlsplit(uri).path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for item in (item for page in pages for item in page.get("Contents", [])):
            key = item["Key"]
            # SDK v3 names the folder of its drivers without a slash at its end.
            below = key.startswith(f"{prefix}/")
            name = key[len(prefix) + 1 :] if below else key[prefix.rfind("/") + 1 :]
            if not name.endswith("/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                self.s3.download_file(bucket, item["Key"], str(folder / name))

    def _command(self, request: dict[str, Any], root: Path) -> list[str]:
        isolated = request.get("EnableNetworkIsolation", False)
        algorithm = request["AlgorithmSpecification"]
        entry = algorithm.get("ContainerEntrypoint")
        program = [*entry, *algorithm.get("ContainerArguments", [])] if entry else ["train"]
        inside = f'mount --bind "{root}" {ML} && exec "$@"'
        spaces = ["-rmn" if isolated else "-rm", "--pid", "--fork", "--kill-child"]
        return ["unshare", *spaces, "sh", "-c", inside, "sh", *program]

    def _variables(self, request: dict[str, Any]) -> dict[str, str]:
        variables = {
            "PATH": f"{self.environment / 'bin'}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "AWS_REGION": "us-west-2",
            "TRAINING_JOB_NAME": request["TrainingJobName"],
            # The names of hosts are resolved by a DNS that is not here.
            "SM_STUDIO_LOCAL_MODE": "true",
            # As AWS's images set it, so that a log shows an epoch when it ends.
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OMP_NUM_THREADS": "1",
        }
        if self.framework:
            variables["SAGEMAKER_TRAINING_MODULE"] = "sagemaker_tensorflow_container.training:main"
        if not request.get("EnableNetworkIsolation", False):
            variables |= KEYS
            variables |= {"S3_ENDPOINT_URL": self.endpoint, "AWS_ENDPOINT_URL": self.endpoint}
        return {**variables, **request.get("Environment", {})}

    def _collect(self, job: Job) -> None:
        output = job.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        prefix = f"{output}/{job.request['TrainingJobName']}/output"
        folders = {"output.tar.gz": job.root / "output" / "data"}
        if job.succeeded:
            folders["model.tar.gz"] = job.root / "model"
        for name, folder in folders.items():
            if any(folder.iterdir()):
                job.artifacts[name] = self._upload(_packed(folder, job.root / name), prefix)
        checkpoints = job.request.get("CheckpointConfig", {}).get("S3Uri")
        for path in sorted((job.root / "checkpoints").rglob("*")) if checkpoints else ():
            if path.is_file():
                place = path.relative_to(job.root / "checkpoints").parent
                self._upload(path, f"{checkpoints.rstrip('/')}/{place.as_posix()}".rstrip("/."))

    def _upload(self, path: Path, prefix: str) -> str:
        uri = f"{prefix}/{path.name}"
        self.s3.upload_file(str(path), urlsplit(uri).netloc, urlsplit(uri).path.lstrip("/"))
        return uri


def usable() -> str:
    """Why no container can be run here, or nothing."""
    if shutil.which("unshare") is None:
        return "needs unshare of util-linux"
    try:
        ML.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"needs the folder {ML}, which cannot be made: {error}"
    probe = ["unshare", "-rmn", "--pid", "--fork", "sh", "-c", f"mount --bind /tmp {ML}"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return f"needs user namespaces: {done.stderr.strip()}" if done.returncode else ""


def _output(
    command: list[str], variables: dict[str, str], stop: Stop | None
) -> tuple[int, list[tuple[float, str]]]:
    """The exit code and the timed log of a container, which ends with its first process."""
    lines = []
    with subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        limit = threading.Timer(540, process.kill)
        limit.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append((time.time(), line))
                if stop is not None and line.startswith(stop.line):
                    _take_away(process.pid, stop.notice_seconds)
                    stop = None
        finally:
            limit.cancel()
    return process.returncode, lines


def _take_away(unshare: int, notice_seconds: float) -> None:
    """Signal the container's first process; when it ends, the kernel ends the others."""
    [first] = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
    if notice_seconds:
        os.kill(int(first), signal.SIGTERM)
        time.sleep(notice_seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(first), signal.SIGKILL)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def _described(channel: dict[str, Any]) -> dict[str, str]:
    source = channel["DataSource"]["S3DataSource"]
    described = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if "ContentType" in channel:
        described["ContentType"] = channel["ContentType"]
    return described


def _resources(request: dict[str, Any]) -> dict[str, Any]:
    instance_type = request["ResourceConfig"]["InstanceType"]
    group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type}
    return {
        "current_host": "algo-1",
        "hosts": ["algo-1"],
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "instance_groups": [{**group, "hosts": ["algo-1"]}],
        "network_interface_name": "eth0",
    }


def _packed(folder: Path, target: Path) -> Path:
    """As SageMaker packs: in the file system's order, with owners and times."""
    with tarfile.open(target, "w:gz") as tar:
        for path in folder.iterdir():
            tar.add(path, path.name)
    return target
