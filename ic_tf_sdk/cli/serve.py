"""``ic-tf serve``: a local endpoint with SageMaker's contract, and a page to drop an image on."""

import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli.download import fetch
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option, model_argument, runtime_option
from ic_tf_sdk.cli.output import is_quiet, print_json
from ic_tf_sdk.contract import bearer_token
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import quiet_tensorflow
from ic_tf_sdk.inference.endpoint.collection import MOST_BYTES, MOST_IMAGES
from ic_tf_sdk.inference.runtime import Runtime, chosen, needed
from ic_tf_sdk.inference.served_model import THREADPOOL_VARIABLE

if TYPE_CHECKING:
    from ic_tf_sdk.inference.endpoint.app import Endpoint
    from ic_tf_sdk.inference.endpoint.corrections import Collecting

__all__ = ["serve"]

_GRACE_SECONDS = 30


@click.command(
    epilog=examples(
        "serve out/model.tar.gz", "serve tensorflow-ic-embedded-formulanet-96 --port 8081 --quiet"
    )
)
@model_argument
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--graph",
    type=click.Choice(["auto", "exact", "folded"]),
    default="auto",
    show_default=True,
    help="exact: TensorFlow Serving's numbers, bit for bit. folded: faster, batched, other by some "
    "1e-6. auto: folded; a request that is alone is split over the cores where that is quicker.",
)
@click.option(
    "--max-body-bytes",
    default=MAX_BODY_BYTES,
    show_default=True,
    type=click.IntRange(1),
    help="A larger request is refused with 413.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Answer under this name too, and let its pages ask and show this one: a proxy's. May be "
    "repeated; *.NAME is every name below it.",
)
@click.option(
    "--explain/--no-explain",
    default=None,
    help="Show on the page where the model looks, one picture at a time; it costs some 50 answers. "
    "Default: only on an address that this machine alone can ask.",
)
@click.option(
    "--json-log",
    metavar="FILE",
    help="Write each request and event as a line of JSON to the end of this file, - for standard "
    "output; standard error keeps the sentences.",
)
@click.option(
    "--collect",
    type=LocalPath("Collect here, then copy it with `aws s3 cp --recursive`."),
    metavar="DIR",
    help="Let the page's user say which class a picture is, and keep such pictures in DIR, by "
    "class: a folder to train further on (`ic-tf fit DIR --model MODEL --rehearse OLD`). Without "
    "it no picture is kept.",
)
@click.option(
    "--collect-images",
    default=MOST_IMAGES,
    show_default=True,
    type=click.IntRange(1),
    help="So many pictures DIR holds; one more is refused with 507.",
)
@click.option(
    "--collect-bytes",
    default=MOST_BYTES,
    show_default=True,
    type=click.IntRange(1),
    help="So many bytes they have together; likewise.",
)
@runtime_option
@json_option("Print the address as JSON, in one line, when requests are taken.")
def serve(
    *,
    model: str,
    models: Path | None,
    download: bool,
    host: str,
    port: int,
    graph: str,
    max_body_bytes: int,
    allowed_hosts: tuple[str, ...],
    explain: bool | None,
    json_log: str | None,
    collect: Path | None,
    collect_images: int,
    collect_bytes: int,
    runtime: Runtime,
    as_json: bool,
) -> None:
    """Serve a fine-tuned model as a SageMaker endpoint would, here.

    MODEL is a model.tar.gz, its folder, the ONNX file of `ic-tf export`, or a model id, which is
    served without fine-tuning, with the labels that it was published for. POST an image to
    /invocations, or open / in a browser. SIGTERM and Ctrl+C let open requests finish.

    Requests need a token where the environment has one: IC_TF_SDK_ENDPOINT_TOKEN_FILE names a file
    with it, IC_TF_SDK_ENDPOINT_TOKEN is it.
    """
    os.environ.setdefault(THREADPOOL_VARIABLE, "1")
    by_onnx = _is_by_onnx(model, runtime, graph, explain)
    from ic_tf_sdk.inference.endpoint import logs

    tokens = bearer_token.configured()
    logs.start(tokens, quiet=is_quiet(), place=json_log)
    # Before TensorFlow and the model: a port that is taken is said at once.
    with _listening(host, port) as address:
        from ic_tf_sdk.content import find_classifier
        from ic_tf_sdk.inference.endpoint.callers import AllowedHosts

        if download:
            fetch(model, models, "inference")
        loopback = _is_loopback(address, asks_token=bool(tokens), collects=bool(collect))
        hosts = AllowedHosts(allowed_hosts, any_name=not loopback)
        collecting = _collecting(collect, collect_images, collect_bytes)
        with find_classifier.locate(model, models=models) as path:
            if not by_onnx:
                quiet_tensorflow.load()
            from ic_tf_sdk.inference.endpoint.app import Endpoint

            endpoint = partial(
                Endpoint,
                path,
                graph=graph,  # type: ignore[arg-type]
                max_body_bytes=max_body_bytes,
                hosts=hosts,
                explain=loopback and not by_onnx if explain is None else explain,
                collect=collecting,
                runtime=runtime,
            )
            _run(endpoint, path, address, as_json=as_json)


def _is_loopback(address: socket.socket, *, asks_token: bool, collects: bool) -> bool:
    """Whether this machine alone can ask; a warning of what others can."""
    from ic_tf_sdk.inference.endpoint import exposure

    own, bound = address.getsockname()[:2]
    warning = exposure.warning(own, bound, asks_token=asks_token, collects=collects)
    if warning is not None:
        logging.getLogger("ic_tf_sdk.endpoint").warning(warning)
    return warning is None


def _is_by_onnx(model: str, runtime: Runtime, graph: str, explain: bool | None) -> bool:
    """Whether ONNX Runtime will answer; what that does not do is refused, all of it at once."""
    modules = needed(model, runtime)
    extras.require("starlette", "uvicorn", "httptools", "prometheus_client", *modules)
    if chosen(model, runtime) != "onnx":
        return False
    problems = []
    if graph == "exact":
        problems.append(
            "--graph exact gives the numbers of TensorFlow Serving, which ONNX Runtime does not: "
            "leave it out."
        )
    if explain:
        problems.append(
            "--explain is worked out with TensorFlow: leave it out, or serve the model.tar.gz "
            "where TensorFlow is installed."
        )
    if problems:
        raise UserError(" ".join(problems))
    return True


def _collecting(folder: Path | None, images: int, size: int) -> "Collecting | None":
    if folder is None:
        return None
    from ic_tf_sdk.inference.endpoint import collection
    from ic_tf_sdk.inference.endpoint.corrections import Collecting

    collection.prepare(folder)
    log = logging.getLogger("ic_tf_sdk.endpoint")
    log.info("Pictures that the page's users keep go to %s: at most %d.", folder, images)
    return Collecting(folder.absolute(), images, size)


def _listening(host: str, port: int) -> socket.socket:
    """A socket bound to the address.

    Raises:
        UserError: The address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # asyncio sends small parts at once (TCP_NODELAY) only where the protocol is said: else each
        # answer on a connection that is kept waits for the client to acknowledge its head.
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _unusable(host, port, error) from error
    return listener


def _unusable(host: str, port: int, error: OSError) -> UserError:
    return UserError(
        f"The endpoint cannot listen on port {port} of {host}: {error.strerror}. Give another "
        "--port (0 takes a free one), another --host, or stop what listens there."
    )


def _run(
    make_endpoint: "Callable[..., Endpoint]",
    model: Path,
    address: socket.socket,
    *,
    as_json: bool,
) -> None:
    import uvicorn

    from ic_tf_sdk.inference.endpoint.connection import MOST_CONNECTIONS, Connection

    def stop() -> None:
        server.should_exit = True

    endpoint = make_endpoint(on_failure=stop)
    server = uvicorn.Server(
        uvicorn.Config(
            endpoint.app,
            access_log=False,
            log_config=None,
            http=Connection,
            limit_concurrency=2 * MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    endpoint.is_stopping = lambda: server.should_exit
    host, port = address.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    # Whoever reads the line may ask at once; uvicorn accepts a moment later.
    address.listen(server.config.backlog)
    # uvicorn says it only of a socket that it bound itself.
    log = logging.getLogger("ic_tf_sdk.endpoint")
    log.info("Uvicorn running on http://%s:%s (Press CTRL+C to quit)", shown, port)
    if as_json:
        print_json({"url": f"http://{shown}:{port}", "model": str(model)}, indent=None)
    # uvicorn raises the signal once more after it has let the requests finish.
    with suppress(KeyboardInterrupt):
        server.run([address])
    if endpoint.failure is not None:
        raise endpoint.failure
