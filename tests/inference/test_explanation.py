"""Where the model looks, through each door: Python, the command, the endpoint."""

import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import LocalPredictor
from ic_tf_sdk.inference.endpoint import explanations
from ic_tf_sdk.inference.endpoint.app import Endpoint
from tests.inference.servers import get, post, running, until_loaded


@pytest.fixture(scope="module")
def predictor(model_tar_gz: Path) -> LocalPredictor:
    return LocalPredictor(model_tar_gz)


def test_a_picture_is_coloured_in_upright_and_with_its_own_shape(
    predictor: LocalPredictor, photos: list[Path]
) -> None:
    with Image.open(photos[0]) as photo:
        turned, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        photo.convert("RGB").resize((600, 1000)).save(turned, "JPEG", exif=exif)
    found = predictor.explain(turned.getvalue())
    assert found.label == predictor.classify(turned.getvalue())[0].label
    assert found.heat.shape == (32, 32)
    assert found.heat.sum() == pytest.approx(1.0, abs=1e-4)
    with Image.open(io.BytesIO(found.png)) as picture:
        assert picture.format == "PNG"
        assert picture.size in ((512, 307), (512, 308))
    assert found._repr_png_() == found.png


def test_small_pictures_stay_small_and_the_heat_shows(
    predictor: LocalPredictor, photos: list[Path]
) -> None:
    with Image.open(photos[0]) as photo:
        before = np.asarray(photo.convert("RGB"), float)
    found = predictor.explain(photos[0])
    with Image.open(io.BytesIO(found.png)) as picture:
        after = np.asarray(picture, float)
    assert after.shape == before.shape
    heat = np.asarray(
        Image.fromarray(found.heat).resize(before.shape[1::-1], Image.Resampling.BILINEAR)
    )
    blue = after[..., 2] - before[..., 2]
    assert np.abs(after - before)[heat <= 0].max() <= 2.0
    assert blue[heat > heat.max() / 2].mean() < -20.0


def test_any_label_can_be_asked_about_and_others_are_refused(
    predictor: LocalPredictor, photos: list[Path], fine_tuned_binary: Path
) -> None:
    assert predictor.explain(photos[0], "stripes").label == "stripes"
    with pytest.raises(UserError, match=r"no label 'stripe'\. Did you mean 'stripes'"):
        predictor.explain(photos[0], "stripe")
    with pytest.raises(UserError, match="image 1: "):
        predictor.explain(b"<html>")
    binary = LocalPredictor(fine_tuned_binary)
    for label in binary.labels:
        found = binary.explain(photos[0], label)
        assert (found.label, bool(found.heat.sum() > 0.0)) == (label, True)


def test_predict_writes_a_picture_for_each_image_and_says_which_failed(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    bad, same = tmp_path / "bad.jpg", tmp_path / "more" / photos[0].name.upper()
    bad.write_text("<html>")
    same.parent.mkdir()
    same.write_bytes(photos[0].read_bytes())
    words = ["predict", model_tar_gz, photos[0], same, bad, "--explain", tmp_path / "a" / "where"]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 1, done.output
    written = sorted(path.name for path in (tmp_path / "a" / "where").iterdir())
    assert written == sorted([f"{photos[0].name}.png", f"{same.name}-2.png"])
    again = CliRunner().invoke(main, list(map(str, words)))
    assert "already exists" in again.output


@pytest.fixture(scope="module")
def url(model_tar_gz: Path) -> Iterator[str]:
    with running(Endpoint(model_tar_gz, explain=True).app) as address:
        until_loaded(address)
        yield address


def ask(url: str, body: bytes):
    return post(f"{url}/explanations", body, Content_Type="application/x-image")


def test_the_endpoint_answers_the_picture_of_the_predictor(
    url: str, predictor: LocalPredictor, photos: list[Path]
) -> None:
    answer = ask(url, photos[0].read_bytes())
    expected = predictor.explain(photos[0])
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.body == expected.png
    assert answer.headers["X-Label"] == expected.label
    assert ask(url, b"<html>").status == 400
    assert b'"explains": true' in get(f"{url}/").body
    assert b'"/explanations"' in get(f"{url}/openapi.json").body


def test_one_picture_is_looked_at_at_a_time_and_no_longer_than_a_while(
    url: str, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    explain = explanations.explain

    def slow(*arguments, **named):
        begun.set()
        assert go_on.wait(30)
        return explain(*arguments, **named)

    monkeypatch.setattr(explanations, "explain", slow)
    answers = []
    photo = photos[0].read_bytes()
    first = threading.Thread(target=lambda: answers.append(ask(url, photo).status))
    first.start()
    assert begun.wait(30)
    refused = ask(url, photo)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    # The others are answered meanwhile.
    assert post(f"{url}/invocations", photo, Content_Type="application/x-image").status == 200
    go_on.set()
    first.join(30)
    assert answers == [200]
    monkeypatch.setattr(explanations, "EXPLANATION_SECONDS", -1.0)
    given_up = ask(url, photo)
    assert given_up.status == 503
    assert b"given up" in given_up.body
    monkeypatch.undo()
    assert ask(url, photo).status == 200


def test_a_model_whose_file_is_gone_answers_and_says_that_it_cannot_be_looked_into(
    fine_tuned: Path, photos: list[Path], tmp_path: Path
) -> None:
    model = tmp_path / "served"
    shutil.copytree(fine_tuned, model)
    photo = photos[0].read_bytes()
    with running(Endpoint(model, explain=True).app) as address:
        until_loaded(address)
        shutil.rmtree(model)
        refused = ask(address, photo)
        assert refused.status == 503
        assert b"replaced or removed" in refused.body
        assert str(tmp_path).encode() not in refused.body
        sent = post(f"{address}/invocations", photo, Content_Type="application/x-image")
        assert sent.status == 200


def test_an_endpoint_that_was_not_told_to_refuses(model_tar_gz: Path, photos: list[Path]) -> None:
    with running(Endpoint(model_tar_gz).app) as address:
        until_loaded(address)
        answer = ask(address, photos[0].read_bytes())
        assert answer.status == 403
        assert b"serve --explain" in answer.body
        assert b'"explains": false' in get(f"{address}/").body
        assert b'"/explanations"' not in get(f"{address}/openapi.json").body
