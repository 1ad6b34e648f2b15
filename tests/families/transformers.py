"""DeiT and CaiT: Keras models that give their attention beside their answer, one block of a kind.

``call`` of DeiT has a ``training`` argument, which of the distilled ones is True unless told
otherwise, and then gives both heads' answers apart. ``call`` of CaiT has none.
"""

from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tests.families.shape import Shape

_PATCH = 16
_HEAD_WIDTH = 32


class DropPath(keras.layers.Layer):
    """In training some images leave this path out."""

    def call(self, tokens: Any, training: bool | None = None) -> Any:
        """Tokens float32 [batch, any, any], unchanged outside training."""
        if not training:
            return tokens
        kept = tf.floor(0.9 + tf.random.uniform([tf.shape(tokens)[0], 1, 1]))
        return tokens * kept / 0.9


class Attention(keras.layers.Layer):
    """Of all tokens to all, or of the first one alone; with talking heads where asked."""

    def __init__(self, width: int, *, first: bool = False, talking: bool = False) -> None:
        super().__init__()
        self.heads, self.first = max(1, width // _HEAD_WIDTH), first
        self.q, self.k, self.v, self.out = (keras.layers.Dense(width) for _ in range(4))
        self.before = keras.layers.Dense(self.heads) if talking else None
        self.after = keras.layers.Dense(self.heads) if talking else None

    def call(self, tokens: Any) -> tuple[Any, Any]:
        """Tokens float32 [batch, n, width] to as many (or one), and the weights between them."""
        q = self._split(self.q(tokens[:, :1] if self.first else tokens))
        k, v = self._split(self.k(tokens)), self._split(self.v(tokens))
        weights = tf.matmul(q, k, transpose_b=True) * _HEAD_WIDTH**-0.5
        weights = tf.nn.softmax(_over_heads(self.before, weights))
        weights = _over_heads(self.after, weights)
        mixed = tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3])
        shape = tf.shape(mixed)
        joined = tf.reshape(mixed, [shape[0], shape[1], self.q.units])
        return self.out(joined), weights

    def _split(self, tokens: Any) -> Any:
        shape = tf.shape(tokens)
        parts = tf.reshape(tokens, [shape[0], shape[1], self.heads, self.q.units // self.heads])
        return tf.transpose(parts, [0, 2, 1, 3])


def _over_heads(layer: Any, weights: Any) -> Any:
    """A dense layer over the second axis of float32 [batch, heads, n, n], where there is one."""
    if layer is None:
        return weights
    return tf.transpose(layer(tf.transpose(weights, [0, 2, 3, 1])), [0, 3, 1, 2])


class LayerScale(keras.layers.Layer):
    """Each channel times a small number that is learned."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight("scale", [input_shape[-1]], initializer=_constant(1e-1))

    def call(self, tokens: Any) -> Any:
        """Tokens float32 [batch, any, width], scaled."""
        return tokens * self.scale


def _constant(value: float) -> Any:
    return keras.initializers.Constant(value)


def block(width: int, name: str, *, cait: bool = False, first: bool = False) -> Any:
    """A transformer block, norm first: tokens to tokens and the weights between them.

    Args:
        width: Of a token.
        name: The block's.
        cait: With layer scale, and with talking heads where all tokens attend.
        first: Two inputs, the patches and the class token, of which only this is changed.
    """
    layers = keras.layers
    scale = LayerScale if cait else layers.Identity
    tokens = layers.Input((None, width))
    inputs = [tokens]
    attending = start = tokens
    if first:
        start = layers.Input((None, width))
        inputs, attending = [tokens, start], layers.Concatenate(axis=1)([start, tokens])
    normed = layers.LayerNormalization(epsilon=1e-6)(attending)
    mixed, weights = Attention(width, first=first, talking=cait and not first)(normed)
    middle = layers.Add()([start, DropPath()(scale()(mixed))])
    inner = layers.Dense(width, activation=tf.nn.gelu)(
        layers.LayerNormalization(epsilon=1e-6)(middle)
    )
    inner = layers.Dropout(0.1)(layers.Dense(width)(layers.Dropout(0.1)(inner)))
    end = layers.Add()([middle, DropPath()(scale()(inner))])
    return keras.Model(inputs, [end, weights], name=name)


class _Patches(keras.Model):
    """What both have in common: pictures to tokens, and where each patch is."""

    def __init__(self, shape: Shape, places: int) -> None:
        super().__init__()
        patches = (shape.size // _PATCH) ** 2
        self.projection = keras.Sequential(
            [
                keras.layers.Conv2D(shape.features, _PATCH, _PATCH, name="conv_projection"),
                keras.layers.Reshape((-1, shape.features), name="flatten_projection"),
            ]
        )
        self.class_token = self._token(1, shape.features)
        self.positions = self._token(patches + places, shape.features)
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.head = keras.layers.Dense(shape.classes) if shape.classes else None

    def _token(self, count: int, width: int) -> tf.Variable:
        return tf.Variable(tf.random.stateless_normal([1, count, width], (1, count)) * 0.02)

    def _repeated(self, token: tf.Variable, images: Any) -> Any:
        return tf.tile(token, [tf.shape(images)[0], 1, 1])


class DeiT(_Patches):
    """A class token among the patches."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape, 1)
        self.blocks = [block(shape.features, "transformer_block_0")]

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Images float32 [batch, size, size, 3] to features or logits, and attention."""
        tokens, weights = self._tokens(images, [self.class_token])
        return tokens[:, 0] if self.head is None else self.head(tokens[:, 0]), weights

    def _tokens(self, images: Any, extra: list[tf.Variable]) -> tuple[Any, dict[str, Any]]:
        repeated = [self._repeated(token, images) for token in extra]
        tokens = tf.concat([*repeated, self.projection(images)], 1) + self.positions
        attention = {}
        for layer in self.blocks:
            tokens, attention[f"{layer.name}_att"] = layer(tokens)
        return self.norm(tokens), attention


class DistilledDeiT(DeiT):
    """A second token, with a head of its own, that learned from another network."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        patches = (shape.size // _PATCH) ** 2
        self.distillation_token = self._token(1, shape.features)
        self.positions = self._token(patches + 2, shape.features)
        self.distillation_head = keras.layers.Dense(shape.classes) if shape.classes else None

    def call(self, images: Any, training: bool = True) -> Any:
        """As DeiT's; in training a classifier gives both heads' logits apart."""
        tokens, weights = self._tokens(images, [self.class_token, self.distillation_token])
        if self.head is None:
            return (tokens[:, 0] + tokens[:, 1]) / 2, weights
        one, two = self.head(tokens[:, 0]), self.distillation_head(tokens[:, 1])
        return (one, two, weights) if training else ((one + two) / 2, weights)


class CaiT(_Patches):
    """The class token comes late, and attends to the patches alone."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape, 0)
        self.blocks = [block(shape.features, "sa_ffn_block_0", cait=True)]
        self.token_blocks = [block(shape.features, "ca_ffn_block_0", cait=True, first=True)]

    def call(self, images: Any) -> Any:
        """Images float32 [batch, size, size, 3] to features or logits, and attention twice."""
        tokens = self.projection(images) + self.positions
        of_patches, of_token = {}, {}
        for layer in self.blocks:
            tokens, of_patches[f"{layer.name}_att"] = layer(tokens)
        token = self._repeated(self.class_token, images)
        for layer in self.token_blocks:
            token, of_token[f"{layer.name}_att"] = layer([tokens, token])
        features = self.norm(tf.concat([token, tokens], 1))[:, 0]
        return features if self.head is None else self.head(features), of_patches, of_token


def save(kind: type[_Patches], shape: Shape, folder: Path) -> None:
    """Write a model of one of the classes."""
    model = kind(shape)
    model(tf.ones([2, shape.size, shape.size, 3]))
    model.save(folder, save_format="tf")
