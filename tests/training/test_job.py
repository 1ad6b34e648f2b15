"""The promises of a whole job, on a tiny network that really trains."""

import json
import logging
import re
import shutil
import signal
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract import archive, handler_file, model_info
from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS
from ic_tf_sdk.errors import ArchiveError, DatasetError, OutputExistsError
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.training.feed.store_place import VARIABLE
from ic_tf_sdk.training.loop.interruption import Interruption

VERBOSE = {"ContentType": "application/x-image", "Accept": "application/json;verbose"}


def load(folder: Path) -> Any:
    import tensorflow as tf

    return tf.saved_model.load(str(folder / "1"))


def weights(backbone: Any) -> list[np.ndarray]:
    return [variable.numpy() for variable in backbone.variables]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.*") if path.is_file())


def test_frozen_training_learns_and_leaves_every_backbone_weight_and_statistic(
    train: Any, tiny_backbone: Path, tiny_dataset: SimpleNamespace
) -> None:
    import tensorflow as tf

    job = train(train_only_on_top="True", epochs=25, learning_rate=0.1, test=tiny_dataset.test)
    before = weights(tf.saved_model.load(str(tiny_backbone)))
    assert same(before, weights(load(job.model).backbone))
    assert job.record.test["accuracy"] >= 0.8


def test_full_fine_tuning_changes_weights_and_moving_statistics(
    train: Any, tiny_backbone: Path
) -> None:
    import tensorflow as tf

    job = train(train_only_on_top="False", epochs=1)
    before = weights(tf.saved_model.load(str(tiny_backbone)))
    after = weights(load(job.model).backbone)
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("frozen", ["True", "False"])
def test_same_seed_gives_the_same_history_and_weights(train: Any, frozen: str) -> None:
    one, other = (train(train_only_on_top=frozen, epochs=2) for _ in range(2))
    assert one.record.epochs == other.record.epochs
    first, second = load(one.model), load(other.model)
    assert same(weights(first.backbone), weights(second.backbone))
    assert same([first.kernel.numpy()], [second.kernel.numpy()])


def test_another_seed_gives_another_history(train: Any) -> None:
    one = train(train_only_on_top="True", epochs=1)
    other = train(train_only_on_top="True", epochs=1, random_seed=124)
    assert one.record.epochs != other.record.epochs


@pytest.mark.parametrize("channels", [{}, {"validation": "test"}], ids=["split", "own channel"])
def test_features_computed_once_train_the_same_head_as_images_read_every_epoch(
    train: Any, tiny_dataset: SimpleNamespace, channels: dict[str, str]
) -> None:
    given = {name: getattr(tiny_dataset, folder) for name, folder in channels.items()}
    once = train(train_only_on_top="True", epochs=3, **given)
    naive = train(train_only_on_top="True", epochs=3, feature_cache="off", **given)
    for ours, theirs in zip(once.record.epochs, naive.record.epochs, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)
    np.testing.assert_allclose(
        load(once.model).kernel.numpy(), load(naive.model).kernel.numpy(), atol=1e-6, rtol=0
    )


def test_model_folder_holds_what_serving_needs_and_nothing_half_written(
    train: Any, tiny_dataset: SimpleNamespace
) -> None:
    job = train(train_only_on_top="True", epochs=1)
    names = {path.name for path in job.model.iterdir()}
    assert names >= {"1", "code", "class_label_to_prediction_index.json", "model_info.json"}
    assert not [path for path in job.model.parent.iterdir() if path.name.startswith(".")]
    index = json.loads((job.model / "class_label_to_prediction_index.json").read_text())
    assert index == {label: i for i, label in enumerate(tiny_dataset.labels)}
    handler = (job.model / "code" / "inference.py").read_bytes()
    assert handler == handler_file.source().encode()
    info = model_info.read(job.model)
    assert info is not None
    assert info.fine_tuning is not None
    assert info.fine_tuning.labels == tiny_dataset.labels
    assert info.fine_tuning.hyperparameters["train_only_on_top"] == "True"
    info.verify(job.model)


def test_variables_are_stored_once(train: Any, tiny_backbone: Path) -> None:
    def size(folder: Path) -> int:
        return sum(path.stat().st_size for path in (folder / "variables").iterdir())

    job = train(train_only_on_top="False", epochs=1)
    head_bytes = 4 * (12 * 3 + 3)
    # Each tensor costs a few hundred bytes of index and names; a second copy, or Adam's two
    # moments, would double the data.
    # The features of the training images, for the score of unknown ones, are two bytes each.
    known_bytes = 2 * 12 * len(job.plan.training.files)
    assert size(job.model / "1") < size(tiny_backbone) + head_bytes + known_bytes + 2500


def test_exported_signature_on_bytes_equals_the_in_training_model_on_the_same_files(
    train: Any, tiny_dataset: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.results import artifact

    seen: dict[str, Any] = {}
    write = artifact.write

    def spy(folder: Path, classifier: Any, backbone: Any, **facts: Any) -> None:
        seen.update(classifier=classifier, preprocessing=backbone.preprocessing)
        write(folder, classifier, backbone, **facts)

    monkeypatch.setattr(artifact, "write", spy)
    job = train(epochs=2)
    files = images(tiny_dataset.test)
    data = [path.read_bytes() for path in files]
    pixels = tf.stack([seen["preprocessing"].load(tf.constant(item)) for item in data])
    logits = seen["classifier"].model(seen["preprocessing"].normalise(pixels), training=False)
    served = load(job.model).signatures["serving_default"](image_bytes=tf.constant(data))
    np.testing.assert_allclose(served["probabilities"], tf.nn.softmax(logits), atol=1e-5, rtol=0)


def test_predictor_answers_as_an_endpoint(train: Any, tiny_dataset: SimpleNamespace) -> None:
    job = train(train_only_on_top="True", epochs=25, learning_rate=0.1)
    predictor = LocalPredictor(job.model)
    path = images(tiny_dataset.test)[-1]
    plain = json.loads(predictor.predict(path.read_bytes()))
    verbose = json.loads(predictor.predict(path.read_bytes(), VERBOSE))
    assert set(plain) == {"probabilities"}
    assert set(verbose) == {"probabilities", "labels", "predicted_label"}
    assert verbose["labels"] == list(tiny_dataset.labels)
    assert sum(verbose["probabilities"]) == pytest.approx(1.0, abs=1e-5)
    best = int(np.argmax(verbose["probabilities"]))
    assert verbose["predicted_label"] == verbose["labels"][best] == path.parent.name


def test_incremental_training_starts_where_the_earlier_one_ended(
    train: Any, tiny_dataset: SimpleNamespace
) -> None:
    first = train(train_only_on_top="True", epochs=25, learning_rate=0.1, test=tiny_dataset.test)
    # A learning rate of zero trains nothing: what is evaluated is what was restored.
    again = train(
        model=first.model, train_only_on_top="True", epochs=1, learning_rate=0.0,
        test=tiny_dataset.test,
    )  # fmt: skip
    assert again.record.test["accuracy"] == first.record.test["accuracy"]
    assert again.record.test["loss"] == pytest.approx(first.record.test["loss"], abs=1e-5)


def test_incremental_training_from_a_fully_fine_tuned_model_keeps_its_backbone(train: Any) -> None:
    first = train(epochs=2, learning_rate=0.01)
    again = train(model=first.model, train_only_on_top="True", epochs=1)
    assert same(weights(load(first.model).backbone), weights(load(again.model).backbone))


def test_reinitialize_top_layer_starts_the_head_afresh(train: Any) -> None:
    first = train(train_only_on_top="True", epochs=2, learning_rate=0.1)
    fresh = train(
        model=first.model, train_only_on_top="True", reinitialize_top_layer="True",
        epochs=1, learning_rate=0.0,
    )  # fmt: skip
    kept = train(model=first.model, train_only_on_top="True", epochs=1, learning_rate=0.0)
    earlier = load(first.model).kernel.numpy()
    assert np.array_equal(load(kept.model).kernel.numpy(), earlier)
    assert not np.array_equal(load(fresh.model).kernel.numpy(), earlier)


def test_incremental_training_on_other_classes_lists_both_differences(
    train: Any, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    first = train(train_only_on_top="True", epochs=1)
    other = tmp_path / "other"
    for source, name in (("dots", "dots"), ("plain", "blank"), ("stripes", "lines")):
        (other / name).mkdir(parents=True)
        for path in sorted((tiny_dataset.training / source).iterdir())[:3]:
            (other / name / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DatasetError) as caught:
        train(model=first.model, training=other, epochs=1)
    message = str(caught.value)
    assert "'plain', 'stripes'" in message
    assert "'blank', 'lines'" in message


def test_class_names_are_one_in_either_unicode_form(
    train: Any, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    def renamed(source: Path, form: str) -> Path:
        for number, folder in enumerate(sorted(source.iterdir())):
            name = unicodedata.normalize(form, f"é{number}")
            shutil.copytree(folder, tmp_path / form / source.name / name)
        return tmp_path / form / source.name

    composed, decomposed = (renamed(tiny_dataset.training, form) for form in ("NFC", "NFD"))
    test = renamed(tiny_dataset.test, "NFD")
    first = train(training=composed, test=test, train_only_on_top=True, epochs=1)
    assert first.record.test
    again = train(training=decomposed, model=first.model, train_only_on_top=True, epochs=1)
    labels = [model_info.read(job.model).fine_tuning.labels for job in (first, again)]
    assert labels[0] == labels[1] == tuple(unicodedata.normalize("NFC", x) for x in labels[0])


def test_binary_mode_has_one_probability_for_the_second_class(
    train: Any, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    two = tmp_path / "two"
    two.mkdir()
    for label in ("dots", "stripes"):
        (two / label).symlink_to(tiny_dataset.training / label)
    job = train(
        training=two, train_only_on_top="True", binary_mode="True", eval_metric="auc",
        epochs=25, learning_rate=0.1,
    )  # fmt: skip
    assert {"val_auc", "val_prc", "val_precision", "val_recall"} <= set(job.record.epochs[0])
    predictor = LocalPredictor(job.model)
    answers = {
        label: json.loads(
            predictor.predict(images(tiny_dataset.test / label)[0].read_bytes(), VERBOSE)
        )
        for label in ("dots", "stripes")
    }
    assert all(len(answer["probabilities"]) == 1 for answer in answers.values())
    assert {label: answer["predicted_label"] for label, answer in answers.items()} == {
        "dots": "dots", "stripes": "stripes",
    }  # fmt: skip
    assert answers["stripes"]["probabilities"][0] > 0.5 > answers["dots"]["probabilities"][0]


def test_without_validation_the_last_epoch_is_kept(train: Any) -> None:
    job = train(train_only_on_top="True", epochs=3, validation_split_ratio=0)
    assert job.record.best_epoch == 2
    assert not [name for name in job.record.epochs[0] if name.startswith("val_")]


def test_an_image_that_breaks_off_is_named_and_nothing_is_written(
    train: Any, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    broken = tmp_path / "broken"
    for label in tiny_dataset.labels:
        (broken / label).mkdir(parents=True)
        for path in sorted((tiny_dataset.training / label).iterdir())[:4]:
            (broken / label / path.name).write_bytes(path.read_bytes())
    victim = min((broken / "dots").glob("*.jpg"))
    victim.write_bytes(victim.read_bytes()[:300])
    with pytest.raises(DatasetError, match=re.escape(str(victim))):
        train(training=broken, train_only_on_top="True", epochs=1)
    assert not (tmp_path / "job-1" / "model").exists()
    skipped = train(training=broken, train_only_on_top="True", epochs=1, on_bad_image="skip")
    assert len(skipped.record.epochs) == 1


class Vanishing(Interruption):
    """Removes a file after the first step; it never asks to end."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim
        super().__init__()

    @property
    def requested(self) -> bool:
        self.victim.unlink(missing_ok=True)
        return False

    @requested.setter
    def requested(self, value: bool) -> None: ...


@pytest.mark.parametrize("frozen", [True, False], ids=["top only", "full fine-tuning"])
def test_an_image_that_vanishes_during_training_is_named(
    train: Any, tiny_dataset: SimpleNamespace, tmp_path: Path, frozen: bool
) -> None:
    images = tmp_path / "images"
    shutil.copytree(tiny_dataset.training, images)
    victim = min((images / "dots").iterdir())
    settings = {"train_only_on_top": frozen, "feature_cache": "off", "epochs": 3, "batch_size": 8}
    with pytest.raises(DatasetError, match=re.escape(f"{victim}: No such file")) as error:
        train(training=images, interruption=Vanishing(victim), **settings)
    assert "1 of " in str(error.value)
    assert "cannot be read any more" in str(error.value)


def test_asked_to_end_while_it_writes_its_result_a_job_finishes_it(
    train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.results import artifact

    write = artifact.write

    def interrupted(*arguments: Any, **named: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        write(*arguments, **named)

    monkeypatch.setattr(artifact, "write", interrupted)
    with Interruption().listening() as asked:
        done = train(epochs=1, train_only_on_top="True", interruption=asked)
    assert asked.requested
    assert (done.model / "model_info.json").is_file()
    assert (done.output / "history.json").is_file()


def test_a_model_folder_that_holds_something_is_never_written_to(
    train: Any, tmp_path: Path
) -> None:
    (tmp_path / "job-1" / "model").mkdir(parents=True)
    (tmp_path / "job-1" / "model" / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="not empty"):
        train(epochs=1)
    assert [path.name for path in (tmp_path / "job-1" / "model").iterdir()] == ["mine.txt"]


def test_every_line_of_the_log_is_read_back_by_a_metric_definition(
    train: Any, caplog: pytest.LogCaptureFixture, tiny_dataset: SimpleNamespace
) -> None:
    with caplog.at_level(logging.INFO, logger="ic_tf_sdk"):
        job = train(train_only_on_top="True", epochs=2, test=tiny_dataset.test)
    log = "\n".join(record.getMessage() for record in caplog.records)
    found = {
        definition["Name"]: re.findall(definition["Regex"], log)
        for definition in METRIC_DEFINITIONS
    }
    epochs = job.record.epochs
    assert [float(text) for text in found["tflow-ic:val-accuracy"]] == pytest.approx(
        [epoch["val_accuracy"] for epoch in epochs], abs=1e-6
    )
    assert [float(text) for text in found["train:loss"]] == pytest.approx(
        [epoch["loss"] for epoch in epochs], abs=1e-6
    )
    assert float(found["test:accuracy"][0]) == pytest.approx(job.record.test["accuracy"], abs=1e-6)
    assert float(found["Number of parameters"][0]) == float(
        found["Number of trainable parameters"][0]
    ) + float(found["Number of non-trainable parameters"][0])


@pytest.mark.parametrize(
    ("harm", "said"),
    [("nan", "answers a grey picture by values that are no numbers"), ("python", "cannot be load")],
)
def test_a_backbone_that_loads_and_cannot_answer_is_one_sentence(
    train: Any, tiny_archive: Path, tmp_path: Path, harm: str, said: str
) -> None:
    import tensorflow as tf
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    archive.extract(tiny_archive, tmp_path / "m")
    module = tf.saved_model.load(str(tmp_path / "m" / "1"))
    if harm == "nan":
        module.kernel.assign(module.kernel * float("nan"))
        tf.saved_model.save(module, str(tmp_path / "m" / "1"))
    else:
        graph_file = tmp_path / "m" / "1" / "saved_model.pb"
        graph = SavedModel.FromString(graph_file.read_bytes())
        for function in graph.meta_graphs[0].graph_def.library.function:
            for node in (node for node in function.node_def if node.op == "Abs"):
                # Python of another process, which is not there.
                node.op = "EagerPyFunc"
                node.attr["token"].s = b"pyfunc_99"
                node.attr["is_async"].b = False
                node.attr["Tin"].list.type.append(1)
                node.attr["Tout"].list.type.append(1)
                del node.attr["T"]
        graph_file.write_bytes(graph.SerializeToString())
    fields = json.loads((tmp_path / "m" / "model_info.json").read_text())
    (tmp_path / "m" / "model_info.json").write_text(json.dumps({**fields, "files": {}}))
    with pytest.raises(ArchiveError, match=said):
        train(model=tmp_path / "m", train_only_on_top="True", epochs=1)


@pytest.fixture
def backbone_calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What a backbone was asked, or folded for, from here on."""
    from ic_tf_sdk.training.feed import frozen_pass
    from ic_tf_sdk.training.network.classifier import Classifier

    calls: list[object] = []
    of_pass, of_classifier = frozen_pass.FoldedBackbone, Classifier.features

    def folded(classifier: Any) -> Any:
        calls.append(classifier)
        return of_pass(classifier)

    def called(self: Any, images: Any) -> Any:
        # What is traced for the exported model has no values yet.
        if hasattr(images, "numpy"):
            calls.append(images)
        return of_classifier(self, images)

    monkeypatch.setattr(frozen_pass, "FoldedBackbone", folded)
    monkeypatch.setattr(Classifier, "features", called)
    return calls


def test_a_second_job_on_the_same_images_calls_no_backbone(
    train: Any,
    tmp_path: Path,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    backbone_calls: list[object],
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    given = {"train_only_on_top": True, "epochs": 1, "test": tiny_dataset.test}
    first = train(**given)
    # The grey picture, training and validation in one pass, and the test images: of one graph.
    assert len(backbone_calls) == 1
    backbone_calls.clear()
    other = train(**given | {"learning_rate": 0.05, "dropout_rate": 0.5})
    assert backbone_calls == []
    assert other.record.epochs != first.record.epochs


@pytest.mark.slow
def test_jobs_have_the_same_numbers_with_and_without_shared_features(
    train: Any,
    tmp_path: Path,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    backbone_calls: list[object],
) -> None:
    given = {"train_only_on_top": True, "epochs": 2, "test": tiny_dataset.test}
    alone = train(**given)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    first = train(**given)
    # A whole network that is trained has features of its own, and these stay those of the frozen.
    backbone_calls.clear()
    trained = train(epochs=1)
    assert backbone_calls
    assert trained.record.epochs != first.record.epochs[:1]
    backbone_calls.clear()
    again = train(**given)
    assert backbone_calls == []
    assert alone.record.epochs == first.record.epochs == again.record.epochs
    assert alone.record.test == first.record.test == again.record.test
