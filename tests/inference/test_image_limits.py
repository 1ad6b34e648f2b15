"""What an image may cost: the same at every door, and little time of the others."""

import concurrent.futures
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract import container_answer, container_handler, handler_file
from ic_tf_sdk.errors import RequestRefusedError, UserError
from ic_tf_sdk.inference import available_memory, batch, image_source, large_images
from ic_tf_sdk.inference.endpoint import app, micro_batcher
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.endpoint.micro_batcher import MicroBatcher
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from tests import costly_images
from tests.inference.servers import get, post, running, until_loaded

REFUSED = list(costly_images.refused())
# Over what is decoded at once, under what is refused.
LARGE = costly_images.png(3000, 1000)


@pytest.fixture(scope="module")
def model(model_tar_gz: Path) -> ServedModel:
    return ServedModel(model_tar_gz)


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    with running(Endpoint(model_tar_gz).app) as address:
        until_loaded(address)
        yield address


def ask(url: str, body: bytes) -> Any:
    return post(f"{url}/invocations", body, Content_Type="image/png")


@pytest.mark.parametrize(("name", "data", "reason"), REFUSED, ids=[one[0] for one in REFUSED])
def test_every_door_refuses_in_the_same_words(
    url: str, model: ServedModel, tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    with pytest.raises(container_answer.RequestError) as caught:
        container_handler.read_image(data, "image/png")
    said = str(caught.value)
    if name != "bomb":  # there the limit of serving is said
        assert reason in said
    answer = ask(url, data)
    assert (answer.status, answer.json()["description"]) == (400, said)
    (tmp_path / "image.png").write_bytes(data)
    [row] = batch.predict(model, image_source.find([str(tmp_path)]))
    assert row["error"] == said


def test_a_file_larger_than_any_body_is_refused_and_not_read_whole(
    model: ServedModel, tmp_path: Path
) -> None:
    path = tmp_path / "long.jpg"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    [image] = image_source.find([str(path)])
    [row] = batch.predict(model, [image])
    assert "larger than 104857600 bytes" in row["error"]


def test_the_containers_file_refuses_too(tmp_path: Path) -> None:
    handler_file.write(tmp_path)
    names: dict[str, Any] = {"__name__": "inference"}
    exec(compile((tmp_path / handler_file.NAME).read_text(), "inference.py", "exec"), names)
    for _, data, _ in REFUSED:
        with pytest.raises(names["RequestError"], match="cannot be decoded"):
            names["read_image"](data, "image/png")
    assert names["read_image"](LARGE, "image/png") == LARGE


def test_the_limit_of_serving_is_lower_can_be_set_and_is_said(
    model_tar_gz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = LocalPredictor(model_tar_gz)
    with pytest.raises(RequestRefusedError, match="100020000 pixels; at most 100000000 are served"):
        predictor.predict(costly_images.png(10_002, 10_000, rows=1))
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", "99")
    with pytest.raises(RequestRefusedError, match=r"99 are served here \(IC_TF_SDK_MAX_PIXELS\)"):
        predictor.predict(costly_images.png(10, 10))
    with running(Endpoint(model_tar_gz).app) as url:
        until_loaded(url)
        assert "99 are served" in ask(url, costly_images.png(10, 10)).json()["description"]
        assert ask(url, costly_images.png(9, 11)).status == 200
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", "many")
    with pytest.raises(UserError, match="not 'many'"):
        Endpoint(model_tar_gz)


def test_a_large_image_is_decoded_to_the_same_pixels_in_the_background(model: ServedModel) -> None:
    load = large_images.background_loader(model, 1)
    for image in (LARGE, costly_images.progressive_jpeg(900, 700, 20)):
        np.testing.assert_array_equal(load(image), model.load_image(image).numpy())
    with pytest.raises(container_answer.RequestError) as caught:
        load(b"GIF89a")
    with pytest.raises(container_answer.RequestError) as expected:
        model.load_image(b"GIF89a")
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize("graph", ["exact", "auto", "folded"])
def test_a_large_image_gets_the_answer_that_it_gets_alone(
    model_tar_gz: Path, model: ServedModel, graph: Any
) -> None:
    assert large_images.is_large(LARGE)
    with running(Endpoint(model_tar_gz, graph=graph).app) as url:
        until_loaded(url)
        found = ask(url, LARGE).json()["probabilities"]
        broken = ask(url, LARGE[:-60])
    expected = model.predict([LARGE])[0]["probabilities"]
    tolerance = 0 if graph == "exact" else 1e-5
    np.testing.assert_allclose(found, np.float32(expected), atol=tolerance, rtol=1e-7)
    assert broken.status == 400
    assert "cannot be decoded" in broken.json()["description"]


def test_large_images_keep_nobody_waiting(url: str, photos: list[Path]) -> None:
    """One that takes seconds is decoded while a hundred others are answered."""
    image = costly_images.png(6_000, 6_000, colour=6)
    small = photos[0].read_bytes()
    with concurrent.futures.ThreadPoolExecutor(2) as clients:
        large = [clients.submit(ask, url, image) for _ in range(2)]
        time.sleep(0.1)
        for _ in range(20):
            assert ask(url, small).status == 200
        assert not all(one.done() for one in large)
        assert [one.result().status for one in large] == [200, 200]


def test_more_large_images_than_can_wait_are_refused_at_once(
    model_tar_gz: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(micro_batcher, "MOST_LARGE", 2)
    image = costly_images.png(3_000, 3_000)
    with (
        running(Endpoint(model_tar_gz).app) as url,
        concurrent.futures.ThreadPoolExecutor(8) as clients,
    ):
        until_loaded(url)
        answers = list(clients.map(lambda _: ask(url, image), range(8)))
        assert {answer.status for answer in answers} == {200, 503}
        refused = next(answer for answer in answers if answer.status == 503)
        assert "2 large images are waiting already" in refused.json()["description"]
        assert ask(url, photos[0].read_bytes()).status == 200
        assert ask(url, image).status == 200


def test_a_request_is_given_up_at_its_deadline(
    model_tar_gz: Path, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Endpoint(model_tar_gz).app) as url:
        until_loaded(url)
        monkeypatch.setattr(app, "ANSWER_TIMEOUT_SECONDS", 0.05)
        answer = ask(url, costly_images.png(6_000, 6_000))
        assert answer.status == 503
        assert "no answer after" in answer.json()["description"]
        monkeypatch.undo()
        assert ask(url, photos[0].read_bytes()).status == 200


def test_memory_and_cores_bound_how_many_are_decoded_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large_images.os, "cpu_count", lambda: 8)
    for gigabytes, count in ((1, 1), (8, 4), (64, 7)):
        monkeypatch.setattr(available_memory, "granted", lambda size=gigabytes: size << 30)
        assert large_images.at_once(100_000_000) == count
    monkeypatch.setattr(large_images.os, "cpu_count", lambda: 1)
    assert large_images.at_once(100) == 1


def test_the_memory_of_the_container_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = tmp_path / "memory.max"
    monkeypatch.setattr(available_memory, "_GRANTED", (str(granted), str(tmp_path / "none")))
    whole = available_memory.granted()
    granted.write_text("max\n")
    assert available_memory.granted() == whole
    granted.write_text("1048576\n")
    assert available_memory.granted() == 1 << 20


def test_a_prediction_in_the_background_is_one_too_many_for_nobody_else(
    model: ServedModel,
) -> None:
    import asyncio

    async def run() -> list[Any]:
        async with MicroBatcher(model, graph="auto") as batcher:
            return await asyncio.gather(
                *(batcher.predict(LARGE, container_answer.Form()) for _ in range(3))
            )

    answers = asyncio.run(run())
    for answer in answers:
        assert answer["predicted_label"] == answers[0]["predicted_label"]


BOMBS = {
    "objects": b"[" + b"{}," * 5_000_000 + b"{}]",
    "numbers": b'{"inputs": [' + b"1," * 5_000_000 + b"1]}",
    "spaces": b'{"b64": "' + b"A " * 10_000_000 + b'"}',
    "digits": b'{"b64": ' + b"9" * 10_000_000 + b"}",
    "nested": b'{"b64":' * 5_000_000,
    "padding": b'{"b64": "' + b"=" * 10_000_000 + b'"}',
    "data": b'{"b64": "data:' + b";base64" * 1_000_000 + b'"}',
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_body_that_would_be_many_objects_is_refused_quickly(name: str) -> None:
    start = time.process_time()
    # Of the spaces comes a file, of which the decoder will say that it is no image.
    found = pytest.raises(container_answer.RequestError) if name != "spaces" else nullcontext()
    with found:
        container_handler.read_image(BOMBS[name], "application/json")
    assert time.process_time() - start < 1


def test_ping_is_answered_while_a_long_body_is_read(url: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        long = client.submit(ask, url, b"\xff\xd8\xff" + bytes(30_000_000))
        assert get(f"{url}/ping").status == 200
        assert long.result().status == 400
