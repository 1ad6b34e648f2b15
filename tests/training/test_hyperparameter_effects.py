"""Every hyperparameter does what its description says: each test fails if it is ignored."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.hyperparameters import retrieve_default
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, parse
from ic_tf_sdk.training import environment, plan
from ic_tf_sdk.training.loop.progress import Progress

# Each optimizer's own hyperparameters, and for each of them a value that is not its default.
OWN_PARAMETERS = {
    "adam": {"beta_1", "beta_2", "epsilon"},
    "sgd": {"momentum"},
    "nesterov": {"momentum"},
    "rmsprop": {"rho", "momentum", "epsilon"},
    "adagrad": {"initial_accumulator_value", "epsilon"},
    "adadelta": {"rho", "epsilon"},
}
CHANGED = {
    "learning_rate": 0.5,
    "beta_1": 0.5,
    "beta_2": 0.5,
    "momentum": 0.5,
    "epsilon": 0.5,
    "rho": 0.5,
    "initial_accumulator_value": 0.5,
}


def test_each_hyperparameter_has_a_test_here_or_beside() -> None:
    files = Path(__file__).parent.glob("test_*hyperparameter_effects.py")
    tests = "".join(file.read_text(encoding="utf-8") for file in files)
    untested = [
        field
        for field in Hyperparameters.model_fields
        if field not in CHANGED and f"\ndef test_{field}_" not in tests
    ]
    assert not untested


def steps(**given: object) -> np.ndarray:
    """Where three steps with changing gradients lead a variable of two values."""
    import tensorflow as tf

    from ic_tf_sdk.training.network.optimizers import optimizer

    variable = tf.Variable([1.0, 2.0])
    made = optimizer(parse(given), steps=3)
    for gradient in ([1.0, -0.5], [-0.3, 2.0], [0.7, 0.1]):
        made.apply_gradients([(tf.constant(gradient), variable)])
    return variable.numpy()


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("optimizer", OWN_PARAMETERS)
def test_optimizer_parameters_act_on_exactly_their_own_optimizers(
    optimizer: str, name: str
) -> None:
    before, after = steps(optimizer=optimizer), steps(optimizer=optimizer, **{name: CHANGED[name]})
    own = name == "learning_rate" or name in OWN_PARAMETERS[optimizer]
    assert np.array_equal(before, after) is not own


def test_optimizer_names_lead_to_six_different_rules() -> None:
    results = {tuple(steps(optimizer=name)) for name in OWN_PARAMETERS}
    assert len(results) == 6


def step_lengths(count: int, **given: object) -> np.ndarray:
    """How far each of some plain steps of gradient 1 goes."""
    import tensorflow as tf

    from ic_tf_sdk.training.network.optimizers import optimizer

    variable = tf.Variable(0.0)
    made = optimizer(parse({"optimizer": "sgd", "momentum": 0, **given}), steps=count)
    places = [0.0]
    for _ in range(count):
        made.apply_gradients([(tf.constant(-1.0), variable)])
        places.append(float(variable))
    return np.diff(places)


def test_learning_rate_schedule_lets_the_rate_fall_along_a_cosine() -> None:
    np.testing.assert_allclose(step_lengths(4, learning_rate=0.5), 0.5, rtol=1e-5)
    falling = step_lengths(4, learning_rate=0.5, learning_rate_schedule="cosine")
    expected = 0.25 * (1 + np.cos(np.pi * np.arange(4) / 4))
    np.testing.assert_allclose(falling, expected, rtol=1e-4)


def test_warmup_ratio_lets_the_rate_rise_before_all_else() -> None:
    rising = step_lengths(8, learning_rate=0.4, warmup_ratio=0.5)
    np.testing.assert_allclose(rising, [0, 0.1, 0.2, 0.3, *[0.4] * 4], atol=1e-5)
    given = {"learning_rate": 0.4, "learning_rate_schedule": "cosine"}
    both = step_lengths(8, **given, warmup_ratio=0.5)
    falling = 0.2 * (1 + np.cos(np.pi * np.arange(4) / 4))
    np.testing.assert_allclose(both, [0, 0.1, 0.2, 0.3, *falling], atol=1e-5)
    # Nothing but warm-up.
    assert np.isfinite(step_lengths(4, **given, warmup_ratio=1)).all()


@pytest.mark.parametrize("optimizer", OWN_PARAMETERS)
def test_clip_norm_shortens_the_gradient_of_all_variables_together(optimizer: str) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.network import optimizers

    def led(gradients: list[float], clip_norm: float) -> list[float]:
        variables = [tf.Variable(1.0), tf.Variable(2.0)]
        given = {"optimizer": optimizer, "epsilon": 0.1, "clip_norm": clip_norm}
        made = optimizers.optimizer(parse(given), steps=1)
        made.apply_gradients(zip(map(tf.constant, gradients), variables, strict=True))
        return [float(variable) for variable in variables]

    assert led([3.0, 4.0], 0) != led([3.0, 4.0], 1)
    np.testing.assert_allclose(led([3.0, 4.0], 1), led([0.6, 0.8], 0), rtol=1e-6)
    np.testing.assert_allclose(led([0.3, 0.4], 1), led([0.3, 0.4], 0), rtol=1e-6)


def test_ema_decay_keeps_the_average_of_the_steps(train_head: Any) -> None:
    """What exactly is kept is the promise of test_weight_average.py."""
    given = {"epochs": 2, "batch_size": 8, "learning_rate": 0.1}
    last, averaged = train_head(**given), train_head(**given, ema_decay=0.9)
    assert not np.allclose(*(job.model.get_weights()[0] for job in (last, averaged)))
    # The steps are the same: only what is judged is another.
    assert last.progress.epochs[0]["loss"] == averaged.progress.epochs[0]["loss"]
    assert last.progress.epochs[0]["val_loss"] != averaged.progress.epochs[0]["val_loss"]


@pytest.mark.parametrize("optimizer", OWN_PARAMETERS)
def test_layer_decay_is_a_factor_of_the_learning_rate_under_every_optimizer(optimizer: str) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.network import optimizers

    def led(rate: float, *factors: float) -> list[float]:
        variables = [tf.Variable(1.0), tf.Variable(1.0)]
        given = parse({"optimizer": optimizer, "learning_rate": rate, "warmup_ratio": 0.5})
        rates = list(zip(variables, factors, strict=True)) if factors else ()
        made = optimizers.optimizer(given, steps=4, rates=rates)
        for gradient in (1.0, -0.5, 0.25):
            made.apply_gradients([(tf.constant(gradient), variable) for variable in variables])
        return [float(variable) for variable in variables]

    [slow, whole] = led(0.2, 0.25, 1.0)
    assert slow != whole
    assert [slow, slow] == pytest.approx(led(0.05), rel=1e-6)
    assert [whole, whole] == pytest.approx(led(0.2), rel=1e-6)


def test_layer_decay_reaches_the_variables_of_the_backbone(network: Any) -> None:
    assert network().rated_variables() == []
    assert network(train_only_on_top=True, layer_decay=0.1).rated_variables() == []
    # One convolution, and a scale behind it.
    rated = network(layer_decay=0.1).rated_variables()
    assert [(tuple(variable.shape), factor) for variable, factor in rated] == [
        ((5, 5, 3, 6), pytest.approx(0.1)),
        ((6,), pytest.approx(0.1)),
    ]


def test_learning_rate_scales_a_plain_step() -> None:
    start = np.array([1.0, 2.0], np.float32)
    small = steps(optimizer="sgd", momentum=0, learning_rate=0.01)
    large = steps(optimizer="sgd", momentum=0, learning_rate=0.1)
    np.testing.assert_allclose(large - start, 10 * (small - start), rtol=1e-4)


@pytest.fixture
def train_head() -> Callable[..., SimpleNamespace]:
    """Trains a dense layer on 60 random feature vectors of three classes, or of two."""
    import tf_keras

    from ic_tf_sdk.training.feed.batches import FeatureExamples
    from ic_tf_sdk.training.loop.fit import fit
    from ic_tf_sdk.training.loop.training_state import TrainingState

    def run(class_weight: dict[int, float] | None = None, **given: object) -> SimpleNamespace:
        hyperparameters = parse(given)
        count = 2 if hyperparameters.binary_mode else 3
        rng = np.random.default_rng(0)
        features = rng.normal(size=(60, 6)).astype(np.float32)
        classes = [0] * 40 + [1] * 20 if count == 2 else [0] * 30 + [1] * 20 + [2] * 10
        examples = FeatureExamples(features, classes, count, hyperparameters.binary_mode)
        units = 1 if count == 2 else count
        model = tf_keras.Sequential([tf_keras.Input((6,)), tf_keras.layers.Dense(units)])
        model.set_weights([np.zeros((6, units)), np.zeros(units)])
        progress = fit(
            model,
            examples,
            examples,
            hyperparameters,
            state=TrainingState(model, model.weights),
            class_weight=class_weight,
        )
        return SimpleNamespace(progress=progress, model=model, classes=classes)

    return run


def test_epochs_is_how_often_the_images_are_seen(train_head: Any) -> None:
    job = train_head(epochs=2, batch_size=60)
    assert len(job.progress.epochs) == 2
    assert job.model.optimizer.iterations == 2


def test_batch_size_decides_the_number_of_steps_and_keeps_the_last_partial_one(
    train_head: Any,
) -> None:
    assert train_head(epochs=1, batch_size=8).model.optimizer.iterations == 8


def test_class_weight_weighs_the_loss_by_inverse_frequency(train_head: Any) -> None:
    from ic_tf_sdk.training.loop.fit import class_weights

    assert class_weights([30, 20, 10]) == pytest.approx({0: 2 / 3, 1: 1.0, 2: 2.0})
    # Zero weights: each example's loss is log 3, times its weight.
    plain = train_head(epochs=1, learning_rate=0)
    weighted = train_head(epochs=1, learning_rate=0, class_weight={0: 0, 1: 0, 2: 3})
    assert plain.progress.epochs[0]["loss"] == pytest.approx(np.log(3))
    assert weighted.progress.epochs[0]["loss"] == pytest.approx(np.log(3) * 3 * 10 / 60)


def test_head_solver_goes_on_to_the_minimum_that_epochs_do_not_reach(train_head: Any) -> None:
    given = {"train_only_on_top": True, "label_smoothing": 0.1}
    epochs = train_head(epochs=30, **given).progress.best()
    solved = train_head(epochs=30, head_solver="converged", **given).progress
    assert len(solved.epochs) == 5
    assert solved.epochs[-1]["loss"] < epochs["loss"]


def kernel(job: Any) -> np.ndarray:
    import tensorflow as tf

    return tf.saved_model.load(str(job.model / "1")).kernel.numpy()


def test_head_solver_gives_a_whole_network_the_solution_to_begin_with(
    train: Callable[..., Any],
) -> None:
    given = {"validation_split_ratio": 0, "epochs": 1, "head_solver": "converged"}
    solved = kernel(train(**given, train_only_on_top=True))
    # Steps of length 0: what it began with is what is left.
    begun = kernel(train(**given, learning_rate=0, augmentation=True))
    np.testing.assert_allclose(begun, solved, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_head_solver_leaves_the_layer_of_an_earlier_training(train: Callable[..., Any]) -> None:
    given = {"validation_split_ratio": 0, "epochs": 1, "learning_rate": 0}
    earlier = train(**given)
    further = train(**given, model=earlier.model, head_solver="converged")
    np.testing.assert_array_equal(kernel(further), kernel(earlier))
    fresh = train(
        **given, model=earlier.model, head_solver="converged", reinitialize_top_layer="True"
    )
    assert not np.allclose(kernel(fresh), kernel(earlier), atol=0.01)


def test_label_smoothing_moves_probability_to_all_classes_in_both_modes() -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.network import objective

    logits = np.array([[2.0, -1.0, 0.5]], np.float32)
    logged = logits - np.log(np.exp(logits).sum())
    smoothed = 0.7 * np.array([[1, 0, 0]]) + 0.3 / 3
    found = objective.loss(parse({"label_smoothing": 0.3}))(tf.constant([[1.0, 0, 0]]), logits)
    assert float(found) == pytest.approx(-(smoothed * logged).sum(), rel=1e-5)
    # Binary: 1 becomes 1 - smoothing / 2.
    binary = objective.loss(parse({"label_smoothing": 0.3, "binary_mode": True}))
    chance = 1 / (1 + np.exp(-1.5))
    expected = -(0.85 * np.log(chance) + 0.15 * np.log(1 - chance))
    assert float(binary(tf.constant([[1.0]]), np.array([[1.5]], np.float32))) == pytest.approx(
        expected, rel=1e-5
    )


def test_binary_mode_has_one_output_and_all_five_metrics() -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.network import objective

    given = parse({"binary_mode": True})
    wanted = tf.constant([[0.0], [0.0], [1.0], [1.0]])
    logits = tf.constant([[-2.0], [1.0], [3.0], [0.5]])
    found = {}
    for metric in objective.metrics(given):
        metric.update_state(wanted, logits)
        found[metric.name] = float(metric.result())
    assert found["accuracy"] == 0.75
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == 1.0
    assert found["auc"] == pytest.approx(0.75, abs=0.01)
    assert 0.75 < found["prc"] < 1.0
    chances = objective.probabilities(logits, binary_mode=True)
    np.testing.assert_allclose(chances, 1 / (1 + np.exp(-logits.numpy())), rtol=1e-6)


def progress_of(values: list[float], name: str = "val_accuracy", **given: object) -> Progress:
    """A training whose validation metric takes these values."""
    progress = Progress()
    hyperparameters = parse({"epochs": len(values), **given})
    for value in values:
        if not progress.finished:
            progress.close_epoch({name: value, "val_loss": 1.0}, 1.0, hyperparameters)
    return progress


def test_eval_metric_picks_the_best_epoch() -> None:
    def best(metric: str) -> int:
        progress = Progress()
        given = parse({"binary_mode": True, "eval_metric": metric, "epochs": 5})
        names = ("accuracy", "precision", "recall", "auc", "prc")
        for epoch in range(5):
            values = {f"val_{name}": 0.9 if names[epoch] == name else 0.5 for name in names}
            progress.close_epoch(values, 1.0, given)
        return progress.best_epoch

    found = [best(name) for name in ("accuracy", "precision", "recall", "auc", "prc")]
    assert found == [0, 1, 2, 3, 4]


def test_eval_metric_that_is_no_number_never_wins_but_the_first_epoch_counts() -> None:
    nan = float("nan")
    assert progress_of([nan, 0.2, nan]).best_epoch == 1
    assert progress_of([nan, nan]).best_epoch == 0


def test_early_stopping_ends_a_training_that_no_longer_improves() -> None:
    values = [0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.9]
    assert len(progress_of(values).epochs) == 8
    stopped = progress_of(values, early_stopping=True, early_stopping_patience=3)
    assert len(stopped.epochs) == 5
    assert stopped.best_epoch == 1


def test_early_stopping_patience_is_the_number_of_epochs_waited() -> None:
    values = [0.5] * 8
    for patience in (1, 2, 6):
        given = {"early_stopping": True, "early_stopping_patience": patience}
        assert len(progress_of(values, **given).epochs) == 1 + patience


def test_early_stopping_min_delta_is_the_least_improvement() -> None:
    values = [0.50, 0.52, 0.54, 0.56, 0.58]
    given = {"early_stopping": True, "early_stopping_patience": 3}
    assert len(progress_of(values, **given, early_stopping_min_delta=0.01).epochs) == 5
    # Small steps add up against the last value that counted: 0.56 is 0.06 above 0.50.
    assert len(progress_of(values, **given, early_stopping_min_delta=0.05).epochs) == 5
    stopped = progress_of(values, **given, early_stopping_min_delta=0.1)
    assert len(stopped.epochs) == 4
    # The best weights are the best value's, however small the improvement.
    assert stopped.best_epoch == 3


@pytest.fixture
def network(tiny_archive: Path) -> Callable[..., Any]:
    """Builds the classifier of hyperparameters on the tiny backbone."""
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    def build(**given: object) -> Any:
        hyperparameters = parse(given)
        classes = 2 if hyperparameters.binary_mode else 3
        return Classifier(open_source(tiny_archive), classes, hyperparameters)

    return build


def test_train_only_on_top_decides_what_is_trained(network: Any) -> None:
    # Dense: 12 features to 3 classes. Backbone: kernel 5 x 5 x 3 x 6, scale, mean and variance.
    assert network(train_only_on_top=True).parameter_counts() == (39, 468)
    assert network(train_only_on_top=False).parameter_counts() == (39 + 456, 12)


def test_dropout_rate_is_the_share_of_features_that_fall_out() -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.network.classifier import SeededDropout

    ones = tf.ones([200, 50])
    for rate in (0.0, 0.2, 0.7, 1.0):
        layer = SeededDropout(rate, 1)
        dropped = layer(ones, training=True).numpy()
        assert np.mean(dropped == 0) == pytest.approx(rate, abs=0.02)
        if rate < 1:
            np.testing.assert_allclose(dropped[dropped > 0], 1 / (1 - rate), rtol=1e-6)
        np.testing.assert_array_equal(layer(ones, training=False), ones)
        if 0 < rate < 1:
            assert not np.array_equal(layer(ones, training=True).numpy(), dropped)


def test_dropout_rate_reaches_the_network(network: Any) -> None:
    assert network(dropout_rate=0.35).dropout.rate == 0.35


def test_regularizers_l2_is_added_to_the_loss(network: Any) -> None:
    built = network(regularizers_l2=0.25)
    squares = float((built.dense.kernel.numpy() ** 2).sum())
    assert float(built.head.losses[0]) == pytest.approx(0.25 * squares, rel=1e-5)


def test_random_seed_draws_other_first_weights_orders_and_splits(network: Any) -> None:
    from ic_tf_sdk.training.feed.batches import epoch_order, epoch_seed

    one, same, other = (network(random_seed=seed).dense.kernel.numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert epoch_order(9, seed=1, epoch=0).tolist() != epoch_order(9, seed=2, epoch=0).tolist()
    assert epoch_order(9, seed=1, epoch=0).tolist() != epoch_order(9, seed=1, epoch=1).tolist()
    assert epoch_seed(1, 0) != epoch_seed(2, 0)


def test_random_seed_may_be_as_large_as_the_schema_allows(network: Any) -> None:
    assert network(random_seed=2**63 - 1).dense.kernel.shape == (12, 3)


def test_reinitialize_top_layer_starts_afresh_only_when_told(train: Any) -> None:
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier
    from ic_tf_sdk.training.network.incremental import restore_top_layer

    source = open_source(train(epochs=1, train_only_on_top=True).model)
    kept = source.loaded.kernel.numpy()
    for value, restored in (("Auto", True), ("False", True), ("True", False)):
        given = parse({"reinitialize_top_layer": value})
        built = Classifier(source, 3, given)
        fresh = built.dense.kernel.numpy()
        assert restore_top_layer(built, source, given) is restored
        np.testing.assert_array_equal(built.dense.kernel.numpy(), kept if restored else fresh)


def planned(folder: Path, model: Path, **given: object) -> plan.Plan:
    variables = {"SM_CHANNEL_TRAINING": str(folder), "SM_CHANNEL_MODEL": str(model)}
    flags = [f"--{name}={value}" for name, value in given.items()]
    return plan.make(environment.read(flags, variables))


def test_another_spelling_wins_over_the_default_of_the_model_in_the_channel(
    tmp_path: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path
) -> None:
    """The SDK sends the default of a large model, "True", beside what the user gave."""
    large = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"
    model = tmp_path / "model"
    archive.extract(tiny_archive, model)
    info = model_info.read(model)
    assert info is not None
    sent = {"train_only_on_top": "True", "train_only_top_layer": "False"}
    assert planned(tiny_dataset.training, model, **sent).hyperparameters.train_only_on_top
    info.model_copy(update={"model_id": large}).write(model)
    assert not planned(tiny_dataset.training, model, **sent).hyperparameters.train_only_on_top


def test_preset_changes_what_has_the_models_default_and_the_log_names_it(
    tmp_path: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path, caplog: Any
) -> None:
    """The SDK sends all 27 defaults of the model beside the preset."""
    large = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"
    model = tmp_path / "model"
    archive.extract(tiny_archive, model)
    info = model_info.read(model)
    assert info is not None
    info.model_copy(update={"model_id": large}).write(model)
    sent = retrieve_default(region="us-west-2", model_id=large, model_version="*")
    with caplog.at_level("INFO", logger="ic_tf_sdk"):
        plain = planned(tiny_dataset.training, model, **sent)
        assert plain.hyperparameters.head_solver == "epochs"
        assert "Preset" not in caplog.text
        best = planned(tiny_dataset.training, model, **sent, preset="best")
        assert best.hyperparameters.head_solver == "converged"
        assert "Preset best: head_solver=converged, not epochs" in caplog.messages
        given = {**sent, "train_only_on_top": "False"}
        whole = planned(tiny_dataset.training, model, **given, preset="quick")
    assert not whole.hyperparameters.train_only_on_top


def test_validation_split_ratio_is_the_share_held_out_of_each_class(
    tiny_dataset: SimpleNamespace, tiny_archive: Path
) -> None:
    channels = (tiny_dataset.training, tiny_archive)
    assert planned(*channels, validation_split_ratio=0).validation is None
    quarter = planned(*channels, validation_split_ratio=0.25)
    assert quarter.validation is not None
    assert (quarter.training.counts, quarter.validation.counts) == ([12] * 3, [4] * 3)
    with pytest.raises(DatasetError, match="leaves no image to train on"):
        planned(*channels, validation_split_ratio=1)


def test_on_bad_image_stops_or_leaves_out(
    tmp_path: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path
) -> None:
    import shutil

    folder = tmp_path / "training"
    shutil.copytree(tiny_dataset.training, folder)
    (folder / "dots" / "page.jpg").write_bytes(b"<html></html>")
    with pytest.raises(DatasetError, match=r"page\.jpg: HTML"):
        planned(folder, tiny_archive)
    left = planned(folder, tiny_archive, on_bad_image="skip", validation_split_ratio=0)
    assert len(left.training.files) == 48


def test_feature_cache_decides_whether_a_frozen_backbone_is_passed_once(
    tiny_dataset: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    from ic_tf_sdk.training.devices.distribution import Distribution
    from ic_tf_sdk.training.loop.training_target import training_target
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    for value, cached in (("auto", True), ("off", False)):
        job = planned(
            tiny_dataset.training, tiny_archive, train_only_on_top=True, feature_cache=value
        )
        built = Classifier(open_source(tiny_archive), 3, job.hyperparameters)
        target = training_target(built, job.hyperparameters, Distribution())
        trained = built.head if cached else built.model
        assert target.model.layers == trained.layers


def test_deterministic_makes_tensorflow_refuse_what_may_differ() -> None:
    from tensorflow.python.framework import config

    from ic_tf_sdk.training import job

    job.seed(parse({}))
    assert not config.is_op_determinism_enabled()
    try:
        job.seed(parse({"deterministic": True}))
        assert config.is_op_determinism_enabled()
    finally:
        config.disable_op_determinism()


def test_mixed_precision_asks_tensorflow_for_bfloat16_in_this_job_alone(
    train: Callable[..., Any],
) -> None:
    from tensorflow import config

    option = "auto_mixed_precision_onednn_bfloat16"
    for value, expected in (("bfloat16", True), ("off", False)):
        done = train(train_only_on_top=True, mixed_precision=value)
        assert config.optimizer.get_experimental_options()[option] is expected
        assert done.record.chosen == {}


def test_the_record_says_which_arithmetic_was_chosen(
    train: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.network import precision

    monkeypatch.setattr(precision, "processor_flags", lambda: "avx512_bf16")
    for least, expected in ((1, "bfloat16"), (10**9, "off")):
        monkeypatch.setattr(precision, "_SMALLEST_PARAMETERS", least)
        done = train(train_only_on_top=True, mixed_precision="auto", epochs=1)
        assert done.record.chosen == {"mixed_precision": expected}


def test_features_of_one_arithmetic_are_not_those_of_another(
    train: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store knows them apart from the first picture on, which is asked before all images."""
    from ic_tf_sdk.training.feed.frozen_pass import FrozenPass

    monkeypatch.setenv("IC_TF_SDK_FEATURE_CACHE", str(tmp_path / "store"))
    kinds: list[bytes] = []
    answers = FrozenPass.answers

    def answered(self: FrozenPass, *given: Any) -> Any:
        found = answers(self, *given)
        kinds.append(self.kind)
        return found

    monkeypatch.setattr(FrozenPass, "answers", answered)
    for value in ("bfloat16", "off", "off"):
        train(train_only_on_top=True, mixed_precision=value, epochs=1)
    assert kinds[0] != kinds[1] == kinds[2]


def test_head_first_epochs_leave_the_backbone_as_it_is_and_then_train_it(
    train: Callable[..., Any],
) -> None:
    import tensorflow as tf

    def backbone(**given: object) -> list[np.ndarray]:
        done = train(validation_split_ratio=0, batch_size=16, **given)
        loaded = tf.saved_model.load(str(done.model / "1"))
        return [variable.numpy() for variable in loaded.backbone.variables]

    frozen = backbone(epochs=1, train_only_on_top="True", augmentation="True")
    first = backbone(epochs=1, head_first_epochs=1)
    then = backbone(epochs=2, head_first_epochs=1)
    assert all(np.array_equal(*pair) for pair in zip(frozen, first, strict=True))
    # Weights and moving statistics.
    assert not any(np.array_equal(*pair) for pair in zip(first, then, strict=True))


def test_batch_norm_statistics_stay_as_they_are_where_they_are_kept(
    train: Callable[..., Any],
) -> None:
    import tensorflow as tf

    def backbone(**given: object) -> tuple[list[np.ndarray], list[np.ndarray]]:
        done = train(validation_split_ratio=0, epochs=1, **given)
        loaded = tf.saved_model.load(str(done.model / "1")).backbone
        learns = {one.ref() for one in loaded.trainable_variables}
        weights = [one.numpy() for one in loaded.variables if one.ref() in learns]
        return weights, [one.numpy() for one in loaded.variables if one.ref() not in learns]

    weights, statistics = backbone(train_only_on_top=True)
    kept_weights, kept = backbone(batch_norm_statistics="kept")
    _, updated = backbone(batch_norm_statistics="updated")
    assert statistics
    assert all(np.array_equal(*pair) for pair in zip(statistics, kept, strict=True))
    assert not any(np.array_equal(*pair) for pair in zip(statistics, updated, strict=True))
    assert not any(np.array_equal(*pair) for pair in zip(weights, kept_weights, strict=True))
