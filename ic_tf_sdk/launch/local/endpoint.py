"""An endpoint on this machine: ``ic-tf serve`` as a process of its own, and what asks it."""

import atexit
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ic_tf_sdk import specs
from ic_tf_sdk.contract import bearer_token, child_process
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import JobFailedError, RequestRefusedError, UserError
from ic_tf_sdk.launch.local import location, translation
from ic_tf_sdk.pages.markup import text

__all__ = ["LocalEndpointPredictor"]

_ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")
_USER_ERROR = re.compile(r"^Error: (.*)", re.MULTILINE | re.DOTALL)
_LOG_LINES = 40

# Loading BiT-M R152x4, the largest model, is a matter of seconds; importing TensorFlow on a busy
# machine may take longer.
_START_SECONDS = 300.0
_STOP_SECONDS = 30.0
_ANSWER_SECONDS = 60.0
# A proxy of the environment is for other machines; this one has the token and the pictures.
_HERE = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LocalEndpointPredictor:
    """A running local endpoint, asked as the SageMaker SDK's ``Predictor`` asks a real one.

    The server listens on a free port of the loopback. It stops with :meth:`delete_endpoint`, and
    with this interpreter, however that ends; a notebook's interrupt does not reach it. A token of
    the settings or the environment (``settings.endpoint_token``) is asked for and sent.

    Args:
        model_data: A ``model.tar.gz`` or its folder: a path, ``file://`` or S3 URI. Or a model id,
            whose pretrained classifier is served as it is, from where it is at hand
            (``ic-tf models --available``).
        endpoint_name: What to call it.
        serializer: Makes the request's body, as in the SageMaker SDK; None sends bytes as they are.
        deserializer: Reads the answer's; None gives bytes.

    Raises:
        UserError: The model cannot be served, the text is the server's reason; or the serializer
            or deserializer is none.
        JobFailedError: The server broke; the text ends with its last lines.

    Attributes:
        endpoint_name: Its name.
        url: Its address, for example ``http://127.0.0.1:43127``; ``/invocations`` is below it.
        serializer: As it was given; it may be set.
        deserializer: Likewise.

    Example:
        >>> predictor = LocalEndpointPredictor(
        ...     "tensorflow-ic-embedded-formulanet-96", endpoint_name="formulas"
        ... )
        >>> answer = predictor.predict(Path("flowers/star/star-0000.jpg").read_bytes())
        >>> predictor.delete_endpoint()
    """

    def __init__(
        self,
        model_data: str | Path,
        *,
        endpoint_name: str,
        serializer: Any = None,
        deserializer: Any = None,
    ) -> None:
        translation.refuse_unusable(serializer, deserializer)
        self.serializer, self.deserializer = serializer, deserializer
        self.endpoint_name = endpoint_name
        self._tokens = bearer_token.configured()
        self._scratch = ExitStack()
        self._folder = self._scratch.enter_context(scratch_folder("endpoint"))
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.delete_endpoint)
        try:
            self._process = self._start(self._model(model_data))
            self.url = self._listening(self._process)
        except BaseException:
            self.delete_endpoint()
            raise

    def __repr__(self) -> str:
        state = "deleted" if self._process is None else self.url
        return f"LocalEndpointPredictor {visible(self.endpoint_name)}, {state}"

    def _repr_html_(self) -> str:
        name = text(self.endpoint_name)
        if self._process is None:
            return f"<p>The endpoint {name} was deleted.</p>"
        return (
            f'<p>The endpoint {name} at <a href="{text(self.url)}" target="_blank">'
            f"{text(self.url)}</a>, with a page to try it on.</p>"
        )

    def predict(self, data: Any, initial_args: Mapping[str, str] | None = None) -> Any:
        """Classify one image.

        Args:
            data: An encoded JPEG or PNG, or JSON with one in base64; with a serializer what that
                takes.
            initial_args: ``ContentType`` (default ``application/x-image``) and ``Accept`` (default
                ``application/json``), as in ``sagemaker.predictor.Predictor.predict``.

        Returns:
            The response's body: JSON text, UTF-8; with a deserializer what that gives.

        Raises:
            RequestRefusedError: With the status that the endpoint answered.
            UserError: The endpoint was deleted, or an argument has no meaning here.
        """
        if self._process is None:
            raise UserError(
                f"The endpoint {self.endpoint_name} was deleted; deploy the model again."
            )
        request = urllib.request.Request(  # noqa: S310 - always http
            f"{self.url}/invocations",
            data=translation.serialized(data, self.serializer),
            headers=self._tokens.headers
            | translation.headers(initial_args or {}, self.serializer, self.deserializer),
        )
        try:
            with _HERE.open(request, timeout=_ANSWER_SECONDS) as answer:
                body, content_type = answer.read(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            with error:
                reason = error.read().decode(errors="replace")
            raise RequestRefusedError(f"{error.code} {error.reason}", reason) from error
        except (urllib.error.URLError, TimeoutError) as error:
            reason = f"The endpoint {self.endpoint_name} does not answer ({error}).\n{self._tail()}"
            raise JobFailedError(reason) from error
        return translation.deserialized(body, content_type, self.deserializer)

    def delete_model(self) -> None:
        """Forget the deployed copy of the model.

        As on SageMaker, the training job's ``model.tar.gz`` stays, and a running endpoint answers
        on until it is deleted.
        """
        shutil.rmtree(self._folder / "model", ignore_errors=True)

    def delete_endpoint(self, delete_endpoint_config: bool = True) -> None:  # noqa: ARG002
        """Stop the server; requests that are open are answered before.

        Args:
            delete_endpoint_config: Without effect: a local endpoint has no configuration apart.
        """
        atexit.unregister(self.delete_endpoint)
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()
        self._scratch.close()

    def _model(self, model_data: str | Path) -> str | Path:
        """What `ic-tf serve` is to serve; it finds the classifier of an id by itself."""
        if str(model_data) in specs.model_ids() and not Path(model_data).exists():
            return str(model_data)
        return location.fetch(model_data, self._folder / "model")

    def _start(self, model: str | Path) -> "subprocess.Popen[str]":
        arguments = ["serve", str(model), "--port", "0", "--quiet"]
        temporary = self._folder / "tmp"
        temporary.mkdir()
        environment = {**bearer_token.child_environment(), "TMPDIR": str(temporary)}
        with (self._folder / "server.log").open("wb") as log:
            return child_process.start(
                "ic_tf_sdk.cli",
                arguments,
                stdout=log,
                stderr=subprocess.STDOUT,
                environment=environment,
            )

    def _listening(self, process: "subprocess.Popen[str]") -> str:
        """Wait until the model is loaded; the server's address."""
        until = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < until:
            address = _ADDRESS.search(self._log())
            if address and _is_loaded(address[0]):
                return address[0]
            time.sleep(0.05)
        refusal = _USER_ERROR.search(self._log())
        if process.poll() == 1 and refusal:
            raise UserError(refusal[1].strip())
        raise JobFailedError(f"The endpoint did not start. Its last lines:\n{self._tail()}")

    def _log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")

    def _tail(self) -> str:
        return "\n".join(self._log().splitlines()[-_LOG_LINES:])


def _is_loaded(url: str) -> bool:
    try:
        with _HERE.open(f"{url}/ping", timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
