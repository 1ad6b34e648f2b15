"""What a first version of an endpoint does: one request, one call of the signature, in a thread.

``python -m benchmarks.naive_server MODEL``, for other benchmarks to be compared with.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ic_tf_sdk.inference.predictor import LocalPredictor


def main(model: str) -> None:
    predictor = LocalPredictor(model)

    async def invocations(request: Request) -> Response:
        body = await run_in_threadpool(predictor.predict, await request.body())
        return Response(body, media_type="application/json")

    async def ping(_: Request) -> Response:
        return Response()

    routes = [Route("/invocations", invocations, methods=["POST"]), Route("/ping", ping)]
    uvicorn.run(Starlette(routes=routes), port=0, access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])
