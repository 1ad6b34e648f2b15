"""The folder to carry away: what lies in it, that it answers alike, and what it refuses."""

import json
import re
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.content import web_runtime
from ic_tf_sdk.errors import FileAccessError, OutputExistsError, UserError
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.endpoint.model_facts import model_facts
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.inference.web import folder, limits, notices, page, picture_graph

FILES = {
    "README.txt", "index.html", "licences", "model.json", "model.onnx", "page.css", "page.js",
    "runtime", "served.js", "worker.js",
}  # fmt: skip
INTERPOLATIONS = ("nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files under the runtime's names: nothing is run in a browser here."""
    folder_ = tmp_path_factory.mktemp("runtime")
    for name in web_runtime.FILES:
        (folder_ / name).write_bytes(name.encode())
    return {name: folder_ / name for name in web_runtime.FILES}


@pytest.fixture(scope="module")
def written(
    model_tar_gz: Path, runtime: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    target = tmp_path_factory.mktemp("web") / "page"
    comparison = folder.write(model_tar_gz, target, runtime=runtime)
    return SimpleNamespace(folder=target, comparison=comparison)


def test_all_that_a_browser_needs_lies_in_it_and_nothing_else_is_asked(
    written: SimpleNamespace, runtime: dict[str, Path]
) -> None:
    assert {path.name for path in written.folder.iterdir()} == FILES
    kept = {path.name for path in (written.folder / "runtime").iterdir()}
    assert kept == {page.RUNTIME, page.WASM}
    assert {name.replace(".mjs", ".js") for name in runtime} == kept
    html = (written.folder / "index.html").read_text(encoding="utf-8")
    assert f'<meta http-equiv="Content-Security-Policy" content="{page.RULES}">' in html
    assert "default-src 'none'" in page.RULES
    assert "connect-src 'self'" in page.RULES
    # Relative addresses alone, so that it works below any path.
    assert re.findall(r'(?:src|href)="([^"]+)"', html) == [
        "data:,", "page.css", "served.js", "page.js",
    ]  # fmt: skip
    scripts = [(written.folder / name).read_text() for name in ("page.js", "worker.js")]
    assert all("://" not in script for script in scripts)
    # The endpoint's own parts stay with it.
    assert "invocations" not in html + "".join(scripts)
    assert "<!--" not in html
    licences = written.folder / "licences"
    assert "MIT License" in (licences / "onnxruntime-LICENSE.txt").read_text(encoding="utf-8")
    assert len((licences / "onnxruntime-ThirdPartyNotices.txt").read_bytes()) > 100_000
    assert "Apache License" in (licences / "ic-tf-sdk-LICENSE.txt").read_text(encoding="utf-8")


def test_the_model_in_it_answers_a_decoded_picture_as_the_library_answers_the_file(
    written: SimpleNamespace, model_tar_gz: Path, photos: list[Path]
) -> None:
    import onnxruntime
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    session = onnxruntime.InferenceSession((written.folder / "model.onnx").read_bytes())
    assert json.loads(session.get_modelmeta().custom_metadata_map["labels"]) == [
        "dots", "plain", "stripes",
    ]  # fmt: skip
    assert {one.name for one in session.get_outputs()} == set(picture_graph.ANSWERS)
    model = ServedModel(model_tar_gz)
    for photo in photos:
        picture = decode(tf.constant(photo.read_bytes())).numpy()
        probabilities, score = session.run(list(picture_graph.ANSWERS), {"picture": picture})
        pixels = model.load_image(photo.read_bytes())
        expected = {
            name: value.numpy() for name, value in model.answer_pixels(pixels[None]).items()
        }
        np.testing.assert_allclose(probabilities, expected["probabilities"], atol=1e-5)
        np.testing.assert_allclose(score, expected["unknown_score"], rtol=1e-3, atol=1e-3)
    facts = json.loads((written.folder / "model.json").read_text(encoding="utf-8"))
    assert facts == model_facts(model)


def test_drawn_pictures_are_compared_where_none_are_given(written: SimpleNamespace) -> None:
    assert written.comparison.images == written.comparison.same_label == 10
    assert written.comparison.max_difference < 1e-5
    assert written.comparison.accuracy is None
    assert written.comparison.bytes == (written.folder / "model.onnx").stat().st_size


def test_pictures_are_read_one_after_the_other(
    written: SimpleNamespace,
    model_tar_gz: Path,
    runtime: dict[str, Path],
    photos: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A test set may be more than the memory holds."""
    loaded, content = ServedModel(model_tar_gz), (written.folder / "model.onnx").read_bytes()
    monkeypatch.setattr(folder, "ServedModel", lambda _: loaded)
    monkeypatch.setattr(folder.onnx_model, "of_function", lambda *_: content)
    events: list[str] = []
    load = loaded.load_image

    def load_image(image: bytes) -> Any:
        events.append("decoded")
        return load(image)

    def source(path: Path) -> image_source.SourceImage:
        def read() -> bytes:
            events.append("read")
            return path.read_bytes()

        return image_source.SourceImage(path.name, read)

    monkeypatch.setattr(loaded, "load_image", load_image)
    images = [source(photo) for photo in photos[:3]]
    found = folder.write(model_tar_gz, tmp_path / "page", runtime=runtime, images=images)
    assert found.images == 3
    assert events == ["read", "decoded"] * 3


@pytest.mark.slow
def test_given_pictures_are_compared_and_counted(
    fine_tuned_binary: Path,
    runtime: dict[str, Path],
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
) -> None:
    (tmp_path / "known").mkdir()
    for label in ("dots", "stripes"):
        (tmp_path / "known" / label).symlink_to(tiny_dataset.test / label)
    known = image_source.find([str(tmp_path / "known")])
    # Binary mode: one probability, of the second label.
    found = folder.write(fine_tuned_binary, tmp_path / "page", runtime=runtime, labelled=known)
    assert found.images == found.same_label == 10
    assert found.accuracy == found.converted_accuracy
    other = image_source.find([str(tiny_dataset.test)])
    with pytest.raises(UserError, match="'plain', which is no label of the model"):
        folder.write(fine_tuned_binary, tmp_path / "b", runtime=runtime, labelled=other)
    bad = [image_source.SourceImage("bad.jpg", lambda: b"<html>")]
    with pytest.raises(UserError, match=r"bad\.jpg: .*begin like HTML"):
        folder.write(fine_tuned_binary, tmp_path / "b", runtime=runtime, images=bad)
    assert not (tmp_path / "b").exists()


def loader(interpolation: str) -> Any:
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    preprocessing = Preprocessing(20, 30, interpolation, "0..255")
    return SimpleNamespace(_load_image=preprocessing._traced, preprocessing=preprocessing)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_another_way_of_resizing_is_refused_by_its_name(interpolation: str) -> None:
    said = picture_graph.resize_problem(loader(interpolation))
    assert said is not None
    assert "image_resize_interpolation=" in said
    assert interpolation in said
    assert "bilinear alone" in said


def test_bilinear_resizing_is_that_of_the_library() -> None:
    import tensorflow as tf

    from ic_tf_sdk.inference.convert import onnx_model

    model = loader("bilinear")
    assert picture_graph.resize_problem(model) is None
    resize = picture_graph._resize(model)
    function = tf.function(
        lambda picture: {"pixels": resize(picture)},
        input_signature=[tf.TensorSpec([None, None, 3], tf.uint8, "picture")],
    )
    content = onnx_model.of_function(function, {}, folder._DIMENSIONS)
    run = onnx_model.runner(content)
    for size in ((1, 1), (20, 30), (7, 300), (61, 45), (200, 11)):
        picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
        found = run({"picture": picture})["pixels"]
        np.testing.assert_allclose(found, model.preprocessing.resize(picture), atol=0.05)


def test_what_a_browser_cannot_keep_is_refused_and_nothing_is_left(
    written: SimpleNamespace,
    model_tar_gz: Path,
    runtime: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "new" / "page"
    loaded, content = ServedModel(model_tar_gz), (written.folder / "model.onnx").read_bytes()
    monkeypatch.setattr(folder, "ServedModel", lambda _: loaded)
    monkeypatch.setattr(folder.onnx_model, "of_function", lambda *_: content)
    with monkeypatch.context() as patch:
        patch.setattr(folder, "MOST_MODEL_BYTES", 1000)
        with pytest.raises(UserError, match=r"it has \d+ bytes as ONNX, and a browser holds 1000"):
            folder.write(model_tar_gz, target, runtime=runtime)
    with monkeypatch.context() as patch:
        patch.setattr(folder, "MOST_DIFFERENCE", -1.0)
        with pytest.raises(UserError, match="as ONNX its probabilities differ by"):
            folder.write(model_tar_gz, target, runtime=runtime)
    with monkeypatch.context() as patch:
        patch.setattr(picture_graph, "resize_problem", lambda _: "because")
        with pytest.raises(UserError, match="cannot be carried away: because"):
            folder.write(model_tar_gz, target, runtime=runtime)
    assert not target.parent.exists()
    with pytest.raises(FileAccessError):
        folder.write(model_tar_gz, target, runtime={page.WASM: tmp_path / "gone"})
    assert list(target.parent.iterdir()) == []
    target.mkdir()
    with pytest.raises(OutputExistsError):
        folder.write(model_tar_gz, target, runtime=runtime)


def export(*words: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, words)])


def test_options_that_say_different_things_are_refused_at_once(tmp_path: Path) -> None:
    said = export("m", "--web", tmp_path / "a", "--out", "b.onnx", "--format", "litert", "--int8")
    assert said.exit_code == 1
    for sentence in ("give one of them", "leave --format litert out", "--int8 makes a LiteRT file"):
        assert sentence in said.stderr
    assert "Give --out FILE, or --web DIR" in export("m", "--runtime", tmp_path).stderr
    assert "--runtime is for --web." in export("m", "--runtime", tmp_path).stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_it_and_says_how_it_is_served(
    model_tar_gz: Path, runtime: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Path | None] = []
    monkeypatch.setattr(web_runtime, "find", lambda path: given.append(path) or runtime)
    target = tmp_path / "a page"
    done = export(model_tar_gz, "--web", target, "--runtime", tmp_path)
    assert done.exit_code == 0, done.output
    assert given == [tmp_path]
    assert f"python3 -m http.server --directory '{target}'" in done.output.replace("\n", "")
    assert {path.name for path in target.iterdir()} == FILES
    again = export(model_tar_gz, "--web", target)
    assert again.exit_code == 1
    assert "already exists" in again.stderr
    # Before anything is fetched.
    assert given == [tmp_path]


def test_a_page_gives_its_script_what_the_library_says() -> None:
    texts = page.texts()
    for number in (limits.MOST_PICTURES, '".jpg", ".jpeg", ".png"', '"__MACOSX"'):
        assert str(number) in texts["page.js"]
    for number in (limits.MOST_PIXELS, 104857600, "optimised for iOS"):
        assert str(number) in texts["worker.js"]


def test_nothing_is_carried_away_without_its_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A distribution of its own: which class stands behind the installed one depends on who has been
    # imported before, as a backport of importlib.metadata takes the standard library's place.
    without = metadata.PathDistribution(tmp_path)
    monkeypatch.setattr(metadata, "distribution", lambda _: without)
    with pytest.raises(UserError, match=r"The licence ic-tf-sdk-LICENSE\.txt is missing"):
        notices.texts()
