"""The same model, however it lies, is the same model at each door; or the same refusal."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.content import training_archive
from ic_tf_sdk.contract import archive, model_archive, model_info
from ic_tf_sdk.contract.output_files import LABELS_FILE
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference.foreign import saved_model_folder
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local.model_source import locate
from ic_tf_sdk.training.network.backbone import open_source
from tests.conftest import TINY_FEATURES, TINY_SIZE

VERBOSE = {"Accept": "application/json;verbose"}
MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4"


def unpacked(content: Path, folder: Path) -> Path:
    shutil.copytree(content, folder)
    return folder


def below(content: Path, folder: Path) -> Path:
    shutil.copytree(content, folder / "export")
    return folder


def two_versions(content: Path, folder: Path) -> Path:
    shutil.copytree(content, folder)
    shutil.copytree(content / "1", folder / "10")
    (folder / "10" / "variables" / "variables.index").touch()
    return folder


def beside_reports(content: Path, folder: Path) -> Path:
    (folder / "output_data").mkdir(parents=True)
    archive.pack(content, folder / "model.tar.gz")
    archive.pack(content, folder / "output.tar.gz")
    return folder


FOLDERS: dict[str, Callable[[Path, Path], Path]] = {
    "DIR": unpacked,
    "DIR/1": lambda content, folder: unpacked(content, folder) / "1",
    "DIR/export/1": below,
    "DIR/export": lambda content, folder: below(content, folder) / "export",
    "DIR/1 and DIR/10": two_versions,
    "the output of a job": beside_reports,
}
LAYOUTS: dict[str, Callable[[Path, Path], Path]] = {
    **FOLDERS,
    **{
        f"an archive of {name}": lambda content, folder, lay=lay: packed(content, folder, lay)
        for name, lay in FOLDERS.items()
        if name not in ("DIR/1", "DIR/export", "the output of a job")
    },
    "a channel": lambda content, folder: packed(content, folder, unpacked).parent,
}


def packed(content: Path, folder: Path, lay: Callable[[Path, Path], Path]) -> Path:
    lay(content, folder / "content")
    (folder / "packed").mkdir()
    archive.pack(folder / "content", folder / "packed" / "m.tar.gz")
    return folder / "packed" / "m.tar.gz"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_fine_tuned_model_answers_trains_and_is_named_alike(
    fine_tuned: Path, photos: list[Path], tmp_path: Path, layout: str
) -> None:
    path = LAYOUTS[layout](fine_tuned, tmp_path / "laid out")
    image = photos[0].read_bytes()
    expected = LocalPredictor(fine_tuned)
    assert LocalPredictor(path).predict(image, VERBOSE) == expected.predict(image, VERBOSE)

    info = model_info.read(fine_tuned)
    assert info is not None
    source = open_source(path)
    assert source.info == info
    assert (source.loaded.kernel.numpy() == open_source(fine_tuned).loaded.kernel.numpy()).all()
    assert locate(path) == locate(fine_tuned).model_copy(update={"path": path})
    assert LocalEstimator(model_uri=path).model_uri == path

    with saved_model_folder(path) as folder:
        assert (folder / "saved_model.pb").is_file()
        assert folder.name == ("10" if "10" in layout else "1")
    with pytest.raises(ArchiveError, match=f"is not the feature vector of {MODEL_ID}|callable"):
        training_archive.build(specs.get(MODEL_ID), path, tmp_path / "t.tar.gz", handle=None)


PRETRAINED = {
    **LAYOUTS,
    "DIR/saved_model.pb": lambda content, folder: unpacked(content / "1", folder),
    "an archive of DIR/saved_model.pb": lambda content, folder: packed(
        content / "1", folder, unpacked
    ),
}


@pytest.mark.parametrize("layout", PRETRAINED)
def test_a_pretrained_model_is_trained_and_mirrored_alike_and_serves_nothing(
    tiny_archive: Path, tmp_path: Path, layout: str
) -> None:
    archive.extract(tiny_archive, tmp_path / "content")
    path = PRETRAINED[layout](tmp_path / "content", tmp_path / "laid out")
    spec = specs.get(MODEL_ID)._replace(
        input_height=TINY_SIZE, input_width=TINY_SIZE, feature_vector_size=TINY_FEATURES
    )
    one = training_archive.build(spec, path, tmp_path / "one.tar.gz", handle=None)
    two = training_archive.build(spec, tiny_archive, tmp_path / "two.tar.gz", handle=None)
    assert one.read_bytes() == two.read_bytes()
    if "saved_model.pb" in layout:
        with pytest.raises(ArchiveError, match="Name the model id that it belongs to"):
            open_source(path)
        with pytest.raises(ArchiveError, match="was not exported by this package: it has no lab"):
            ServedModel(path)
        return
    assert open_source(path).info == open_source(tiny_archive).info
    with pytest.raises(ArchiveError, match="is the archive for training of tiny"):
        ServedModel(path)


def test_a_fine_tuned_saved_model_alone_answers_and_says_what_training_needs(
    fine_tuned: Path, photos: list[Path], tmp_path: Path
) -> None:
    shutil.copytree(fine_tuned / "1", tmp_path / "alone")
    image = photos[0].read_bytes()
    expected = LocalPredictor(fine_tuned).predict(image, VERBOSE)
    assert LocalPredictor(tmp_path / "alone").predict(image, VERBOSE) == expected
    with pytest.raises(ArchiveError, match=r"without the model_info\.json .* give that archive"):
        open_source(tmp_path / "alone")


DOORS: dict[str, Callable[[Path], Any]] = {
    "training": open_source,
    "serving": ServedModel,
    "conversion": lambda path: saved_model_folder(path).__enter__(),
    "mirror": lambda path: training_archive.build(
        specs.get(MODEL_ID), path, path.parent / "never.tar.gz", handle=None
    ),
}


def refusals(path: Path, doors: dict[str, Callable[[Path], Any]] = DOORS) -> set[str]:
    said = set()
    for open_at in doors.values():
        with pytest.raises(ArchiveError) as caught:
            open_at(path)
        said.add(str(caught.value))
    return said


def test_several_models_are_one_sentence_everywhere(fine_tuned: Path, tmp_path: Path) -> None:
    for name in ("cats/1", "dogs/1"):
        shutil.copytree(fine_tuned / "1", tmp_path / "models" / name)
    [said] = refusals(tmp_path / "models")
    assert "holds 2 SavedModels (folders with saved_model.pb): cats/1, dogs/1." in said
    for name in ("a.tar.gz", "b.tgz"):
        (tmp_path / "archives").mkdir(exist_ok=True)
        (tmp_path / "archives" / name).touch()
    [said] = refusals(tmp_path / "archives")
    assert "holds 2 archives (a.tar.gz, b.tgz); give one of them" in said
    [said] = refusals(tmp_path / "nothing.tar.gz")
    assert "does not exist; give a model.tar.gz" in said


@pytest.mark.parametrize("form", ["folder", "archive"])
@pytest.mark.parametrize(
    "file", ["1/variables/variables.data-00000-of-00001", "1/assets/labels.json", LABELS_FILE]
)
def test_a_changed_byte_is_refused_everywhere(
    fine_tuned: Path, tmp_path: Path, file: str, form: str
) -> None:
    path = unpacked(fine_tuned, tmp_path / "m")
    content = bytearray((path / file).read_bytes())
    content[len(content) // 2] ^= 1
    (path / file).write_bytes(content)
    if form == "archive":
        archive.pack(path, tmp_path / "m.tar.gz")
        path = tmp_path / "m.tar.gz"
    [said] = refusals(path)
    assert f"{path} is damaged: {file} missing or not as model_info.json records" in said


def edited(fine_tuned: Path, folder: Path, change: Callable[[Path, dict[str, Any]], None]) -> Path:
    """A copy with other content, and a description whose digests fit it."""
    path = unpacked(fine_tuned, folder)
    fields = json.loads((path / model_info.FILE_NAME).read_text())
    change(path, fields)
    fields["files"] = dict(model_info.digests(path))
    (path / model_info.FILE_NAME).write_text(json.dumps(fields))
    return path


def relabel(*labels: object, asset: bool = True, index: bool = True) -> Callable[..., None]:
    def change(path: Path, fields: dict[str, Any]) -> None:
        fields["fine_tuning"]["labels"] = labels
        if asset:
            (path / "1" / "assets" / "labels.json").write_text(json.dumps(labels))
        if index:
            numbers = {str(label): number for number, label in enumerate(labels)}
            (path / LABELS_FILE).write_text(json.dumps(numbers))

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (relabel("a", "b", "c", asset=False), "contradicts itself: model_info.json has 3 labels"),
        (relabel("a", "b", "c", index=False), "contradicts itself: model_info.json has 3 labels"),
        (relabel("a", 5, "c"), "'fine_tuning.labels.1' is 5; it must be text"),
        (relabel("a"), "numbers are not those of|has 1 labels; two are least"),
        (lambda path, _: (path / "1/assets/labels.json").write_text('[["a"]]'), "no JSON array of"),
        (lambda path, _: (path / LABELS_FILE).write_text("{"), "that cannot be read"),
        (lambda _, fields: fields.update(format=2), "was written by a newer ic-tf-sdk"),
    ],
    ids=["asset", "index", "number", "one", "nested", "no JSON", "format"],
)
def test_what_contradicts_itself_is_refused_everywhere(
    fine_tuned: Path, tmp_path: Path, change: Callable[..., None], said: str
) -> None:
    path = edited(fine_tuned, tmp_path / "m", change)
    with pytest.raises(ArchiveError, match=said), model_archive.opened(path):
        pass
    assert len(refusals(path)) == 1


def test_more_labels_than_outputs_are_refused_where_the_graph_is_loaded(
    fine_tuned: Path, tmp_path: Path
) -> None:
    path = edited(fine_tuned, tmp_path / "m", relabel("a", "b", "c", "d", "e"))
    doors = {name: DOORS[name] for name in ("training", "serving")}
    [said] = refusals(path, doors)
    assert "has 5 labels, and its SavedModel gives 3 outputs" in said


@pytest.mark.parametrize("place", ["TensorFlow 2", "TensorFlow 1"])
def test_a_graph_that_reads_files_outside_is_refused_before_it_is_loaded(
    fine_tuned: Path, tmp_path: Path, place: str
) -> None:
    from tensorflow.core.protobuf.meta_graph_pb2 import AssetFileDef
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    def change(path: Path, _: dict[str, Any]) -> None:
        graph = SavedModel.FromString((path / "1" / "saved_model.pb").read_bytes())
        asset = AssetFileDef(filename="../../../../etc/hostname")
        if place == "TensorFlow 2":
            graph.meta_graphs[0].asset_file_def[0].MergeFrom(asset)
        else:
            del graph.meta_graphs[0].asset_file_def[:]
            collection = graph.meta_graphs[0].collection_def["saved_model_assets"]
            collection.any_list.value.add().Pack(asset)
        (path / "1" / "saved_model.pb").write_bytes(graph.SerializeToString())

    path = edited(fine_tuned, tmp_path / "m", change)
    doors = {name: DOORS[name] for name in ("training", "serving", "mirror")}
    [said] = refusals(path, doors)
    assert "names a file outside its folder as its asset: '../../../../etc/hostname'" in said


def test_a_graph_that_takes_its_labels_from_another_file_is_refused(
    fine_tuned: Path, tmp_path: Path
) -> None:
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    def change(path: Path, _: dict[str, Any]) -> None:
        graph = SavedModel.FromString((path / "1" / "saved_model.pb").read_bytes())
        graph.meta_graphs[0].asset_file_def[0].filename = "other.json"
        (path / "1" / "saved_model.pb").write_bytes(graph.SerializeToString())
        (path / "1" / "assets" / "other.json").write_text('["x", "y", "z"]')

    path = edited(fine_tuned, tmp_path / "m", change)
    with pytest.raises(ArchiveError, match="contradicts itself: the archive has 3 labels"):
        ServedModel(path)


def test_a_graph_in_pieces_which_would_be_loaded_instead_is_refused(
    fine_tuned: Path, tmp_path: Path
) -> None:
    path = edited(fine_tuned, tmp_path / "m", lambda path, _: (path / "1/saved_model.cpb").touch())
    doors = {name: DOORS[name] for name in ("training", "serving", "mirror")}
    [said] = refusals(path, doors)
    assert "has a saved_model.cpb, a graph in pieces, which TensorFlow would load" in said


@pytest.mark.parametrize(
    "file", ["model_info.json", "1/assets/labels.json", "1/saved_model.pb", LABELS_FILE]
)
def test_a_file_too_large_is_refused_before_it_is_read(
    fine_tuned: Path, tmp_path: Path, file: str
) -> None:
    path = unpacked(fine_tuned, tmp_path / "m")
    fields = json.loads((path / model_info.FILE_NAME).read_text())
    fields["files"] = {}
    (path / model_info.FILE_NAME).write_text(json.dumps(fields))
    with (path / file).open("r+b") as stream:
        stream.truncate(600 << 20)
    doors = {name: DOORS[name] for name in ("training", "serving")}
    tracemalloc.start()
    [said] = refusals(path, doors)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "629145600 bytes, more than the" in said
    assert most < 100 << 20


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.data-00000-of-00001"])
def test_what_tensorflow_cannot_load_is_one_sentence_everywhere(
    fine_tuned: Path, tmp_path: Path, file: str
) -> None:
    def cut(path: Path, _: dict[str, Any]) -> None:
        content = (path / "1" / file).read_bytes()
        (path / "1" / file).write_bytes(content[: len(content) // 2])

    path = edited(fine_tuned, tmp_path / "m", cut)
    doors = {name: DOORS[name] for name in ("training", "serving", "mirror")}
    [said] = refusals(path, doors)
    assert f"The SavedModel in {path} cannot be loaded: " in said
    assert "\n" not in said


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_model_that_answers_by_no_numbers_is_refused(tmp_path: Path, value: float) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph import serving_model
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    bias = tf.Variable([0.5, value])
    diverged = serving_model.ServingModel(
        lambda images: tf.reduce_mean(images, [1, 2])[:, :2] + bias,
        Preprocessing(8, 8, "bilinear", "0..1"),
        ("a", "b"),
        activation="softmax",
        parts={"bias": bias},
    )
    serving_model.save(diverged, tmp_path / "1")
    with pytest.raises(ArchiveError, match="answers a grey picture by values that are no numbers"):
        ServedModel(tmp_path / "1")


@pytest.mark.parametrize("operation", ["ReadFile", "WriteFile", "EagerPyFunc"])
def test_a_graph_that_touches_files_is_named_in_a_warning(
    fine_tuned: Path, tmp_path: Path, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    from ic_tf_sdk.training.graph import file_operations

    graph = SavedModel.FromString((fine_tuned / "1" / "saved_model.pb").read_bytes())
    assert file_operations.found(graph) == []
    # Inside of a function, where a loop over the graph's own nodes would not see it.
    graph.meta_graphs[0].graph_def.library.function[0].node_def.add(op=operation, name="x")
    file_operations.warn(graph, tmp_path)
    assert f"of {tmp_path} has operations that read or write files" in caplog.text
    assert f"run Python: {operation}." in caplog.text


def test_every_door_looks_for_operations_that_touch_files(
    fine_tuned: Path, tiny_archive: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import tensorflow as tf

    archive.extract(tiny_archive, tmp_path / "m")
    module = tf.saved_model.load(str(tmp_path / "m" / "1"))
    module.copy = tf.function(lambda: tf.io.read_file("/etc/hostname"), input_signature=[])
    tf.saved_model.save(module, str(tmp_path / "other" / "1"))
    shutil.copy(tmp_path / "m" / model_info.FILE_NAME, tmp_path / "other")
    fields = json.loads((tmp_path / "other" / model_info.FILE_NAME).read_text())
    (tmp_path / "other" / model_info.FILE_NAME).write_text(json.dumps({**fields, "files": {}}))
    open_source(tmp_path / "other")
    assert "run Python: ReadFile." in caplog.text


def test_a_forked_child_is_told_and_does_not_wait_for_ever(fine_tuned: Path) -> None:
    model = ServedModel(fine_tuned)
    uses: tuple[Callable[[], Any], ...] = (
        lambda: model.predict([b"x"]),
        lambda: model.load_image(b"x"),
        lambda: ServedModel(fine_tuned),
        lambda: open_source(fine_tuned),
    )
    with warnings.catch_warnings():
        # Python 3.12 says the same, of every fork with threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(0 if all(map(_is_told, uses)) else 1)
    until = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < until:
        time.sleep(0.05)
    if ended[0] == 0:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert ended == (child, 0)


def _is_told(use: Callable[[], Any]) -> bool:
    try:
        use()
    except UserError as error:
        return "TensorFlow would not answer here" in str(error)
    except BaseException:
        pass
    return False


def test_a_pretrained_model_that_says_it_is_fine_tuned_is_refused(
    fine_tuned: Path, tiny_archive: Path, tmp_path: Path
) -> None:
    archive.extract(tiny_archive, tmp_path / "m")
    fields = json.loads((fine_tuned / model_info.FILE_NAME).read_text())
    fields["files"] = dict(model_info.digests(tmp_path / "m"))
    (tmp_path / "m" / model_info.FILE_NAME).write_text(json.dumps(fields))
    with pytest.raises(ArchiveError, match="described as fine-tuned, and its SavedModel has no"):
        open_source(tmp_path / "m")
    with pytest.raises(ArchiveError, match="was not exported by this package"):
        ServedModel(tmp_path / "m")


def test_an_archive_without_digests_opens_with_a_line_that_says_so(
    fine_tuned: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = unpacked(fine_tuned, tmp_path / "m")
    (path / model_info.FILE_NAME).unlink()
    with model_archive.opened(path) as model:
        assert model.is_foreign
        assert model.labels == ("dots", "plain", "stripes")
    assert "records no digest of 1/saved_model.pb; it is opened unchecked" in caplog.text


@pytest.mark.parametrize(
    "layout", [pytest.param("DIR/1", marks=pytest.mark.slow), "the output of a job"]
)
def test_the_commands_take_what_the_doors_take(
    fine_tuned: Path,
    photos: list[Path],
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    layout: str,
) -> None:
    path = LAYOUTS[layout](fine_tuned, tmp_path / "laid out")

    def run(*command: object) -> str:
        words = [sys.executable, "-m", "ic_tf_sdk.cli", *map(str, command)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    assert json.loads(run("predict", path, photos[0], "--json"))
    run("export", path, "--out", tmp_path / "m.tflite", "--images", photos[0])
    settings = ("--set", "epochs=1", "--set", "train_only_on_top=True")
    run("fit", tiny_dataset.training, "--model", path, "--output", tmp_path / "out", *settings)
    info = model_info.read(tmp_path / "out" / "model.tar.gz")
    assert info is not None
    assert info.model_id == "tiny"
