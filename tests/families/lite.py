"""EfficientNet-Lite as TF Hub has it, a TF1 module: two graphs, signatures, and no objects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests.families.shape import Shape

v1 = tf.compat.v1

# Kernel, stride and expansion of each stage; Lite has ReLU6 and no squeeze and excitation.
_STAGES = ((3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6), (3, 1, 6))
_CHANNELS = 8
_MODULE_DEF = b"\x08\x03"


def save(shape: Shape, folder: Path) -> None:
    """Write the graph for inference, without tags, and the one for training, with its tag."""
    builder = v1.saved_model.Builder(str(folder))
    with tf.Graph().as_default(), v1.Session() as session:
        signatures = _signatures(shape, training=False)
        v1.set_random_seed(11)
        session.run(v1.global_variables_initializer())
        builder.add_meta_graph_and_variables(session, [], signatures, strip_default_attrs=True)
    with tf.Graph().as_default(), v1.Session():
        signatures = _signatures(shape, training=True)
        builder.add_meta_graph(["train"], signatures, strip_default_attrs=True)
    builder.save()
    _attach_size(folder, shape.size)
    (folder / "tfhub_module.pb").write_bytes(_MODULE_DEF)


def _signatures(shape: Shape, *, training: bool) -> dict[str, Any]:
    images = v1.placeholder(tf.float32, [None, *shape.input, 3], "images")
    with v1.variable_scope("module"):
        endpoints = dict(_network(images, shape.features, training=training))
        features = endpoints.pop("global_pool")
        build = v1.saved_model.predict_signature_def
        vector = build({"images": images}, {"default": features, **endpoints})
        if shape.classes is None:
            default = build({"images": images}, {"default": features})
            return {"default": default, "image_feature_vector": vector}
        kernel = v1.get_variable("logits/kernel", [shape.features, shape.classes])
        logits = features @ kernel + v1.get_variable("logits/bias", [shape.classes])
    default = build({"images": images}, {"default": logits})
    classes = build({"images": images}, {"default": logits, **endpoints})
    return {"default": default, "image_classification": classes, "image_feature_vector": vector}


def _network(images: Any, width: int, *, training: bool) -> Iterator[tuple[str, Any]]:
    maps = _conv(images * 2.0 - 1.0, 3, 2, _CHANNELS, "stem", training=training)
    for number, (kernel, stride, expansion) in enumerate(_STAGES):
        with v1.variable_scope(f"blocks_{number}"):
            maps = _block(maps, kernel, stride, expansion, training=training)
        yield f"blocks_{number}", maps
    maps = _conv(maps, 1, 1, width, "head", training=training)
    yield "global_pool", tf.reduce_mean(maps, [1, 2])


def _block(maps: Any, kernel: int, stride: int, expansion: int, *, training: bool) -> Any:
    wide = maps
    if expansion > 1:
        wide = _conv(maps, 1, 1, expansion * _CHANNELS, "expand", training=training)
    weights = v1.get_variable("depthwise", [kernel, kernel, wide.shape[-1], 1])
    wide = tf.nn.depthwise_conv2d(wide, weights, [1, stride, stride, 1], "SAME")
    wide = tf.nn.relu6(_norm(wide, "depthwise_norm", training=training))
    weights = v1.get_variable("project", [1, 1, wide.shape[-1], _CHANNELS])
    narrow = _norm(tf.nn.conv2d(wide, weights, 1, "SAME"), "project_norm", training=training)
    if stride > 1:
        return narrow
    if training:
        kept = tf.floor(0.8 + tf.random.uniform([tf.shape(maps)[0], 1, 1, 1]))
        narrow = narrow * kept / 0.8
    return maps + narrow


def _conv(maps: Any, size: int, stride: int, filters: int, name: str, *, training: bool) -> Any:
    with v1.variable_scope(name):
        kernel = v1.get_variable("kernel", [size, size, maps.shape[-1], filters])
        maps = tf.nn.conv2d(maps, kernel, stride, "SAME")
        return tf.nn.relu6(_norm(maps, "norm", training=training))


def _norm(maps: Any, name: str, *, training: bool) -> Any:
    """Batch norm, its averages updated by the operations that a TF1 trainer ran beside the step."""
    with v1.variable_scope(name):
        zeros, ones, width = v1.zeros_initializer(), v1.ones_initializer(), [maps.shape[-1]]
        offset = v1.get_variable("beta", width, initializer=zeros)
        scale = v1.get_variable("gamma", width, initializer=ones)
        average = v1.get_variable("mean", width, initializer=zeros, trainable=False)
        spread = v1.get_variable("variance", width, initializer=ones, trainable=False)
        mean, variance = average, spread
        if training:
            mean, variance = tf.nn.moments(maps, [0, 1, 2])
            for moving, now in ((average, mean), (spread, variance)):
                update = moving.assign(moving * 0.99 + now * 0.01)
                v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, update)
        return tf.nn.batch_normalization(maps, mean, variance, offset, scale, 1e-3)


def _attach_size(folder: Path, size: int) -> None:
    """What ``hub.get_expected_image_size`` read: hub's ModuleAttachment of an ImageModuleInfo."""
    path = folder / "saved_model.pb"
    saved = SavedModel.FromString(path.read_bytes())
    side = bytes([size & 0x7F | 0x80, size >> 7])
    picture = b"\x08" + side + b"\x10" + side
    attachment = _field(1, b"image_module_info") + _field(2, _field(1, picture))
    for graph in saved.meta_graphs:
        graph.collection_def["hub_module_attachments"].bytes_list.value.append(attachment)
    path.write_bytes(saved.SerializeToString())


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of the protocol buffer wire format, up to 127 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content
