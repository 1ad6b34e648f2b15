"""SageMaker's control plane, its logs and its runtime, on loopback.

It records every request that an SDK sends, answers it as the service does, and has the container
run what CreateTrainingJob asks for. S3 and STS are moto's.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.rehearsal import job_metrics
from tests.rehearsal.background import Background
from tests.rehearsal.container import Job
from tests.rehearsal.hubs import Hubs, RefusedError
from tests.rehearsal.transform_jobs import Transform, TransformJobs
from tests.rehearsal.tuning_jobs import TuningJobs

ACCOUNT = "123456789012"

# What SAGEMAKER_USER_CONFIG_OVERRIDE points to where SDK v3 runs: nothing leaves the machine.
TELEMETRY_OFF = """\
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""

Start = Callable[[dict[str, Any]], Any]


class ControlPlane(ThreadingHTTPServer):
    """The services; ``requests`` holds (operation, parameters) in the order of arrival.

    Args:
        run_job: Runs a CreateTrainingJob request to its end and returns a ``container.Job``; None
            records only, and every job is complete at once.
        serve: From a CreateModel request to a function that answers an invocation.
        transform: Runs a CreateTransformJob request with the model of a CreateModel request and
            returns why it failed, or nothing; None records only.
    """

    def __init__(
        self,
        run_job: Start | None = None,
        serve: Start | None = None,
        transform: Transform | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.jobs: dict[str, Any] = {}
        self.made: dict[tuple[str, str], dict[str, Any]] = {}
        self.endpoints: dict[str, Any] = {}
        self.hubs = Hubs()
        self._background = Background()
        self._run_job = run_job
        self._serve = serve
        self.tuning_jobs = TuningJobs(self._background, self._train if run_job else None, _arn)
        self.transform_jobs = TransformJobs(self._background, transform, _arn)

    @property
    def problems(self) -> list[BaseException]:
        """What the rehearsal itself was broken by."""
        return self._background.problems

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def sent(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of every request of one operation."""
        return [parameters for name, parameters in self.requests if name == operation]

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do what a request asks for."""
        self.requests.append((operation, given))
        if "Hub" in operation:
            return self.hubs.answer(operation, given)
        if "HyperParameterTuningJob" in operation:
            return self.tuning_jobs.answer(operation, given)
        method = getattr(self, f"_{_snake(operation)}", None)
        if method is not None:
            return dict(method(given))
        kind = re.sub(r"^(Create|Describe|Delete)", "", operation)
        name = given.get(f"{kind}Name", "")
        if operation.startswith("Create"):
            self.made[kind, name] = given
            return {f"{kind}Arn": _arn(kind, name)}
        if operation.startswith("Describe"):
            return {**self.made[kind, name], f"{kind}Arn": _arn(kind, name), "CreationTime": 0}
        return {}

    def _create_training_job(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["TrainingJobName"]
        self.made["TrainingJob", name] = given
        self._background.start(name, lambda: self._train(given))
        return {"TrainingJobArn": _arn("training-job", name)}

    def _train(self, given: dict[str, Any]) -> Any:
        name = given["TrainingJobName"]
        self.made["TrainingJob", name] = given
        if self._run_job is not None:
            self.jobs[name] = self._run_job(given)
        return self.jobs.get(name)

    def _describe_training_job(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["TrainingJobName"]
        # A tuning job's training jobs are known when they have ended.
        done = name in self.jobs or self._background.is_done(name)
        job = self.jobs.get(name)
        failed = done and self._run_job is not None and (job is None or not job.succeeded)
        status = "Failed" if failed else ("Completed" if done else "InProgress")
        output = self.made["TrainingJob", name]["OutputDataConfig"]["S3OutputPath"]
        model = f"{output.rstrip('/')}/{name}/output/model.tar.gz"
        return {
            **self.made["TrainingJob", name],
            "TrainingJobArn": _arn("training-job", name),
            "TrainingJobStatus": status,
            "SecondaryStatus": status if done else "Training",
            "SecondaryStatusTransitions": [],
            "FailureReason": job.failure if failed and job else "",
            "ModelArtifacts": {"S3ModelArtifacts": model},
            "CreationTime": time.time(),
            "LastModifiedTime": time.time(),
            **(_measured(job) if job else {}),
        }

    def _create_transform_job(self, given: dict[str, Any]) -> dict[str, Any]:
        model = self.made.get(("Model", given["ModelName"]), {})
        return self.transform_jobs.create(given, model)

    def _describe_transform_job(self, given: dict[str, Any]) -> dict[str, Any]:
        return self.transform_jobs.describe(given)

    def _describe_log_streams(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"logStreams": [{"logStreamName": f"{given['logStreamNamePrefix']}algo-1"}]}

    def _get_log_events(self, given: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs.get(given["logStreamName"].split("/")[0])
        lines = job.log.splitlines() if job and not given.get("nextToken") else []
        events = [{"timestamp": number, "message": line} for number, line in enumerate(lines)]
        return {"events": events, "nextForwardToken": "end", "nextBackwardToken": "end"}

    def _create_endpoint(self, given: dict[str, Any]) -> dict[str, Any]:
        config = self.made["EndpointConfig", given["EndpointConfigName"]]
        model = self.made["Model", config["ProductionVariants"][0]["ModelName"]]
        name = given["EndpointName"]
        self.made["Endpoint", name] = given
        self._background.start(f"endpoint/{name}", lambda: self._start_endpoint(name, model))
        return {"EndpointArn": _arn("endpoint", name)}

    def _start_endpoint(self, name: str, model: dict[str, Any]) -> None:
        if self._serve is not None:
            self.endpoints[name] = self._serve(model)

    def invoke(self, name: str, *request: Any) -> tuple[int, bytes, str]:
        """The answer of an endpoint, when it has started."""
        # A test may have put one there that was never created. Each turn waits.
        while name not in self.endpoints and not self._background.is_done(f"endpoint/{name}"):
            pass
        status, answer, content_type = self.endpoints[name](*request)
        return status, answer, content_type

    def _describe_endpoint(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["EndpointName"]
        endpoint = self.made["Endpoint", name]
        times = {"CreationTime": time.time(), "LastModifiedTime": time.time()}
        done = self._background.is_done(f"endpoint/{name}")
        status = "InService" if done else "Creating"
        return {
            **endpoint,
            **times,
            "EndpointArn": _arn("endpoint", name),
            "EndpointStatus": status,
        }


@contextmanager
def running(
    run_job: Start | None = None, serve: Start | None = None, transform: Transform | None = None
) -> Iterator[ControlPlane]:
    """A control plane that answers."""
    plane = ControlPlane(run_job, serve, transform)
    threading.Thread(target=plane.serve_forever, args=(0.02,), daemon=True).start()
    yield plane
    plane.shutdown()
    plane.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ControlPlane

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = 200
        if self.path.endswith("/async-invocations"):
            self._note_asynchronous()
            status, answer, content_type = 202, b"{}", "application/json"
        elif self.path.startswith("/endpoints/"):
            status, answer, content_type = self.server.invoke(
                self.path.split("/")[2],
                body,
                self.headers["Content-Type"],
                self.headers.get("Accept"),
            )
        else:
            operation = self.headers["X-Amz-Target"].split(".")[-1]
            try:
                found = self.server.answer(operation, json.loads(body or b"{}"))
            except RefusedError as refused:
                status, found = 400, {"__type": refused.code, "message": str(refused)}
            answer, content_type = json.dumps(found).encode(), "application/x-amz-json-1.1"
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _note_asynchronous(self) -> None:
        names = {"ContentType": "Content-Type", "InputLocation": "InputLocation"}
        given = {name: self.headers[f"X-Amzn-SageMaker-{key}"] for name, key in names.items()}
        self.server.requests.append(("InvokeEndpointAsync", given))

    def log_message(self, *arguments: Any) -> None:
        """Keep the test's output clean."""


def _measured(job: Job) -> dict[str, Any]:
    """Times and last values of a job that has ended."""
    seconds = round(job.ended - job.started)
    return {
        "CreationTime": job.started,
        "TrainingStartTime": job.started,
        "TrainingEndTime": job.ended,
        "TrainingTimeInSeconds": seconds,
        "BillableTimeInSeconds": seconds,
        "FinalMetricDataList": [
            {"MetricName": found.name, "Value": found.value, "Timestamp": found.time}
            for found in job_metrics.final(job).values()
        ],
    }


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:us-west-2:{ACCOUNT}:{kind.lower()}/{name}"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
