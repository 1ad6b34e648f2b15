"""Swin and Swin-S3: attention within windows, of which every other block shifts its own.

A Keras model whose ``call`` has no ``training`` though its layers do, and that has a function
beside it which gives the attention.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tests.families.shape import Shape
from tests.families.transformers import DropPath

_PATCH = 4
# The first stage has a block that shifts, as in the real networks each stage does.
_DEPTHS = (2, 1, 1, 1)
_HEAD_WIDTH = 32


class WindowAttention(keras.layers.Layer):
    """Between the pixels of a window, by what they hold and by how they lie."""

    def __init__(self, width: int, window: int) -> None:
        super().__init__()
        self.window, self.heads = window, max(1, width // _HEAD_WIDTH)
        self.head_width = width // self.heads
        self.qkv, self.out = keras.layers.Dense(3 * width), keras.layers.Dense(width)
        self.index = _relative_positions(window)

    def build(self, input_shape: Any) -> None:
        span = (2 * self.window - 1) ** 2
        self.bias = self.add_weight("relative_position_bias_table", [span, self.heads])
        super().build(input_shape)

    def call(self, windows: Any, mask: Any = None) -> Any:
        """Windows float32 [batch * windows, window ** 2, width] to the same shape.

        Args:
            windows: The pixels of each window.
            mask: float32 [windows, window ** 2, window ** 2] that is added, or None.
        """
        rows, pixels = tf.shape(windows)[0], self.window**2
        parts = tf.reshape(self.qkv(windows), [rows, pixels, 3, self.heads, self.head_width])
        q, k, v = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]))
        weights = tf.matmul(q * self.head_width**-0.5, k, transpose_b=True)
        weights += tf.transpose(tf.gather(self.bias, self.index), [2, 0, 1])
        if mask is not None:
            shape = [-1, mask.shape[0], self.heads, pixels, pixels]
            weights = tf.reshape(tf.reshape(weights, shape) + mask[:, None], [-1, *shape[2:]])
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(weights), v), [0, 2, 1, 3])
        return self.out(tf.reshape(mixed, [rows, pixels, self.heads * self.head_width]))


def _relative_positions(window: int) -> Any:
    """For each pair of pixels the number of their distance, int [window ** 2, window ** 2]."""
    places = np.stack(np.meshgrid(range(window), range(window), indexing="ij")).reshape(2, -1)
    down, right = places[:, :, None] - places[:, None, :] + window - 1
    return down * (2 * window - 1) + right


class Block(keras.Model):
    """Norm, attention within windows, norm, two dense layers."""

    def __init__(self, width: int, side: int, window: int, *, shifted: bool) -> None:
        super().__init__()
        self.side, self.window = side, min(side, window)
        self.shift = self.window // 2 if shifted and side > window else 0
        self.norm1, self.norm2 = _norm(), _norm()
        self.attention = WindowAttention(width, self.window)
        self.drop_path = DropPath()
        self.mlp = keras.Sequential(
            [keras.layers.Dense(width, activation=tf.nn.gelu), keras.layers.Dense(width)]
        )
        self.mask = self._mask() if self.shift else None

    def _mask(self) -> Any:
        """Pixels that only the shift brought together do not attend to each other."""
        cuts = (slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None))
        regions = np.zeros([1, self.side, self.side, 1], np.float32)
        for number, (down, right) in enumerate((a, b) for a in cuts for b in cuts):
            regions[:, down, right] = number
        windows = tf.reshape(self._windows(tf.constant(regions)), [-1, self.window**2])
        apart = windows[:, None] != windows[:, :, None]
        return tf.where(apart, -100.0, 0.0)

    def _windows(self, maps: Any) -> Any:
        count, width = self.side // self.window, maps.shape[-1]
        parts = tf.reshape(maps, [-1, count, self.window, count, self.window, width])
        return tf.reshape(tf.transpose(parts, [0, 1, 3, 2, 4, 5]), [-1, self.window**2, width])

    def _whole(self, windows: Any) -> Any:
        count, width = self.side // self.window, windows.shape[-1]
        parts = tf.reshape(windows, [-1, count, count, self.window, self.window, width])
        return tf.reshape(
            tf.transpose(parts, [0, 1, 3, 2, 4, 5]), [-1, self.side, self.side, width]
        )

    def call(self, tokens: Any) -> Any:
        """Tokens float32 [batch, side ** 2, width] to the same shape."""
        width = tokens.shape[-1]
        maps = tf.reshape(self.norm1(tokens), [-1, self.side, self.side, width])
        maps = tf.roll(maps, [-self.shift, -self.shift], [1, 2])
        maps = self._whole(self.attention(self._windows(maps), mask=self.mask))
        maps = tf.roll(maps, [self.shift, self.shift], [1, 2])
        tokens += self.drop_path(tf.reshape(maps, [-1, self.side**2, width]))
        return tokens + self.drop_path(self.mlp(self.norm2(tokens)))


class Merging(keras.layers.Layer):
    """Four neighbours become one token of twice the width."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.width, self.side = width, side
        self.norm = _norm()
        self.reduction = keras.layers.Dense(2 * width, use_bias=False)

    def call(self, tokens: Any) -> Any:
        """Tokens float32 [batch, side ** 2, width] to [batch, (side / 2) ** 2, 2 * width]."""
        maps = tf.reshape(tokens, [-1, self.side, self.side, self.width])
        four = [maps[:, down::2, right::2] for right in (0, 1) for down in (0, 1)]
        joined = tf.reshape(tf.concat(four, 3), [-1, (self.side // 2) ** 2, 4 * self.width])
        return self.reduction(self.norm(joined))


class Swin(keras.Model):
    """Four stages, each of half the side and twice the width of the one before."""

    def __init__(self, shape: Shape, windows: tuple[int, ...]) -> None:
        super().__init__()
        width, side = shape.features // 8, shape.size // _PATCH
        self.projection = keras.Sequential(
            [
                keras.layers.Conv2D(width, _PATCH, _PATCH, name="conv_projection"),
                keras.layers.Reshape((-1, width), name="flatten_projection"),
                _norm(),
            ]
        )
        self.dropout = keras.layers.Dropout(0.0)
        self.stages = []
        for stage, (depth, window) in enumerate(zip(_DEPTHS, windows, strict=True)):
            self.stages += [Block(width, side, window, shifted=n % 2 == 1) for n in range(depth)]
            if stage < len(_DEPTHS) - 1:
                self.stages.append(Merging(width, side))
                width, side = 2 * width, side // 2
        self.norm = _norm()
        self.head = keras.layers.Dense(shape.classes) if shape.classes else None

    def call(self, images: Any) -> Any:
        """Images float32 [batch, size, size, 3] to features or logits."""
        tokens = self.dropout(self.projection(images))
        for layer in self.stages:
            tokens = layer(tokens)
        features = tf.reduce_mean(self.norm(tokens), 1)
        return features if self.head is None else self.head(features)


def _norm() -> Any:
    return keras.layers.LayerNormalization(epsilon=1e-5)


def save(shape: Shape, windows: tuple[int, ...], folder: Path) -> None:
    """Write it."""
    model = Swin(shape, windows)
    model(tf.ones([2, shape.size, shape.size, 3]))
    model.save(folder, save_format="tf")
