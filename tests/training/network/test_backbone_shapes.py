"""Every shape of module in the catalogue is loaded, trained, exported and trained further."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.hyperparameters import parse

SIZE = 16


def describe(folder: Path, size: int = SIZE) -> Path:
    ModelInfo(
        kind="pretrained",
        model_id=folder.name,
        model_version="1.0.0",
        input_height=size,
        input_width=size,
        pixel_range="0..1",
    ).write(folder)
    return folder


def features(tf: Any, images: Any, kernel: Any) -> Any:
    return tf.reduce_mean(tf.abs(tf.nn.conv2d(images - 0.5, kernel, 2, "SAME")), [1, 2])


def start_kernel(width: int = 8) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.5, (3, 3, 3, width)).astype(np.float32)


def save_callable(folder: Path, call: Callable[..., Any], *, training: bool) -> Path:
    """A reusable SavedModel whose ``__call__`` is ``call(tf, module, images[, training])``."""
    import tensorflow as tf

    class Module(tf.train.Checkpoint):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(start_kernel())
            self.trainable_variables = [self.kernel]
            self.mean = tf.Variable(tf.zeros([8]), trainable=False)
            self.spread = tf.Variable([0.25], trainable=False)
            self.calls = tf.Variable(0, trainable=False, dtype=tf.int64)
            self.variables = [self.kernel, self.mean, self.spread, self.calls]
            self.regularization_losses: list[Any] = []

        if training:

            @tf.function
            def __call__(self, images: Any, training: bool = False) -> Any:
                return call(tf, self, images, training)
        else:

            @tf.function
            def __call__(self, images: Any) -> Any:
                return call(tf, self, images)

    module = Module()
    spec = tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)
    for value in (False, True) if training else ():
        module.__call__.get_concrete_function(spec, training=value)
    if not training:
        module.__call__.get_concrete_function(spec)
    tf.saved_model.save(module, str(folder / "1"))
    return describe(folder)


def plain(tf: Any, module: Any, images: Any) -> Any:
    return features(tf, images, module.kernel)


def as_tuple(tf: Any, module: Any, images: Any, training: bool) -> Any:
    found = features(tf, images, module.kernel)
    return found, {"block_0": tf.reduce_sum(found)}


def as_two_dictionaries(tf: Any, module: Any, images: Any, training: bool) -> Any:
    found = features(tf, images, module.kernel)
    return found, {"sa": found}, {"ca": found}


def slow_average(tf: Any, module: Any, images: Any, training: bool) -> Any:
    """Batch norm with the momentum of the older modules, and a counter that is no average."""
    found = features(tf, images, module.kernel)
    if not training:
        return found - module.mean
    mean = tf.reduce_mean(found, 0)
    module.mean.assign(0.999 * module.mean + 0.001 * mean)
    module.calls.assign_add(1)
    return found - mean


def dropped_paths(tf: Any, module: Any, images: Any, training: bool) -> Any:
    """The same where no two training calls are alike, and its pixels standardised by a variable."""
    images = (images - 0.5) / tf.sqrt(module.spread[0]) + 0.5
    if training:
        images *= tf.floor(0.5 + tf.random.uniform([tf.shape(images)[0], 1, 1, 1]))
    return slow_average(tf, module, images, training)


def feature_maps(tf: Any, module: Any, images: Any) -> Any:
    return tf.nn.conv2d(images, module.kernel, 2, "SAME")


def save_tf1(folder: Path) -> Path:
    """A module in TF1's hub format: two graphs, signatures only."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, [None, SIZE, SIZE, 3])
        kernel = v1.get_variable("kernel", initializer=start_kernel())
        signature = v1.saved_model.predict_signature_def(
            {"images": images}, {"default": features(tf, images, kernel)}
        )
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder / "1"))
        builder.add_meta_graph_and_variables(session, [], {"default": signature})
        builder.add_meta_graph(["train"], {"default": signature})
        builder.save()
    (folder / "1" / "tfhub_module.pb").write_bytes(b"\x08\x03")
    return describe(folder)


@pytest.fixture
def modules(tmp_path: Path) -> Callable[[str], Path]:
    """Builds a model folder by its name."""

    def build(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        if name == "tf1":
            return save_tf1(folder)
        call = {
            "no-training-argument": plain,
            "tuple": as_tuple,
            "two-dictionaries": as_two_dictionaries,
            "slow-average": slow_average,
            "dropped-paths": dropped_paths,
            "feature-maps": feature_maps,
        }[name]
        return save_callable(folder, call, training=call not in (plain, feature_maps))

    return build


def kernel_of(model: Path) -> np.ndarray:
    import tensorflow as tf

    backbone = tf.saved_model.load(str(model / "1")).backbone
    return next(v.numpy() for v in backbone.variables if v.shape.rank == 4)


@pytest.mark.parametrize("name", ["no-training-argument", "tuple", "two-dictionaries"])
def test_reusable_modules_are_fine_tuned_whole_and_further(
    train: Any, modules: Any, name: str
) -> None:
    model = modules(name)
    once = train(model=model, epochs=1, learning_rate=0.01)
    assert not np.array_equal(kernel_of(once.model), start_kernel())
    further = train(model=once.model, epochs=1, train_only_on_top=True)
    np.testing.assert_array_equal(kernel_of(further.model), kernel_of(once.model))


def test_a_tf1_module_trains_the_top_only_and_is_exported(train: Any, modules: Any) -> None:
    model = modules("tf1")
    with pytest.raises(ArchiveError, match="Set train_only_on_top to 'True'"):
        train(model=model, epochs=1)
    once = train(model=model, epochs=2, train_only_on_top=True, learning_rate=0.1)
    np.testing.assert_array_equal(kernel_of(once.model), start_kernel())
    further = train(model=once.model, epochs=1, train_only_on_top=True, learning_rate=0.1)
    assert further.record.epochs[0]["loss"] < once.record.epochs[0]["loss"]


def test_feature_maps_and_other_sizes_are_refused_in_words(modules: Any, tmp_path: Path) -> None:
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    with pytest.raises(ArchiveError, match="not one feature vector each"):
        Classifier(open_source(modules("feature-maps")), 3, parse({}))
    other = modules("tuple")
    describe(other, size=20)
    with pytest.raises(ArchiveError, match="does not take float32 images of 20 x 20 pixels"):
        Classifier(open_source(other), 3, parse({}))


def test_regularisation_losses_count_only_where_the_backbone_is_trained(
    tiny_archive: Path,
) -> None:
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    def penalty(**given: object) -> float:
        built = Classifier(open_source(tiny_archive), 3, parse({"regularizers_l2": 0, **given}))
        return sum(float(loss) for loss in built.model.losses)

    kernel = np.random.default_rng(7).normal(0, 0.4, (5, 5, 3, 6)).astype(np.float32)
    assert penalty(train_only_on_top=True) == 0
    assert penalty() == pytest.approx(1e-4 * float((kernel**2).sum()), rel=1e-4)


@pytest.mark.parametrize("name", ["slow-average", "dropped-paths"])
def test_momenta_are_found_by_what_a_training_call_does(modules: Any, name: str) -> None:
    from ic_tf_sdk.training.graph.hub_module import hub_layer
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.batch_norm_momentum import measure_momenta

    layer = hub_layer(open_source(modules(name)).loaded, trainable=True)
    before = [variable.numpy() for variable in layer.weights]
    ((variable, momentum),) = measure_momenta(layer, (SIZE, SIZE, 3))
    assert variable.shape == (8,)
    assert momentum == pytest.approx(0.999, abs=1e-4)
    for old, new in zip(before, layer.weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_slow_averages_follow_within_an_epoch_and_fast_ones_are_left_alone(
    modules: Any, tiny_archive: Path
) -> None:
    import tensorflow as tf
    import tf_keras

    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    images = tf.random.stateless_uniform((16, SIZE, SIZE, 3), (1, 2))
    built = Classifier(open_source(modules("slow-average")), 3, parse({"learning_rate": 0}))
    loss = tf_keras.losses.CategoricalCrossentropy(from_logits=True)
    built.model.compile(tf_keras.optimizers.SGD(0.0), loss)
    (mean,) = (v for v in built.layer.weights if v.shape == (8,))
    expected = features(tf, images, start_kernel()).numpy().mean(axis=0)
    built.model.fit(images, tf.one_hot([0] * 16, 3), batch_size=16, epochs=1, verbose=0)
    # One step of momentum 0.9, where the module's own 0.999 would have gone a hundredth as far.
    np.testing.assert_allclose(mean.numpy(), 0.1 * expected, rtol=1e-3)
    built.model.fit(images, tf.one_hot([0] * 16, 3), batch_size=16, epochs=50, verbose=0)
    np.testing.assert_allclose(mean.numpy(), expected, rtol=0.01)
    # The tiny backbone's momentum is 0.9 already.
    fast = Classifier(open_source(tiny_archive), 3, parse({}))
    assert fast.model.capped_averages() == []
