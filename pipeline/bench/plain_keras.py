"""BERT and MobileBERT classifiers of Keras' own layers, written as its documentation does: what `bench convert` exports as a peer.

The same computation and as many parameters as Edgeline's model of the spec; shapes are left to the layers.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import ops

from edgeline_worker.spec import LayerSpec, ModelSpec


States = keras.KerasTensor
Norm = Callable[[], keras.layers.Layer]


class Positions(keras.layers.Layer):
    """Adds an embedding of each place: (batch, length, width) to the same."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(count, width)

    def call(self, states: States) -> States:
        return states + self.embedding(ops.arange(ops.shape(states)[1]))


class NoNorm(keras.layers.Layer):
    """MobileBERT's: an element-wise affine map (Sun et al. 2020, section 3.3)."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.weight = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.RandomUniform(0.5, 1.5))
        self.bias = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.RandomNormal(0.0, 0.1))

    def call(self, states: States) -> States:
        return states * self.weight + self.bias


class Trigrams(keras.layers.Layer):
    """(batch, length, width) to (batch, length, 3 * width): what follows, the word, what comes before."""

    def call(self, words: States) -> States:
        following = ops.pad(words[:, 1:], [[0, 0], [0, 1], [0, 0]])
        preceding = ops.pad(words[:, :-1], [[0, 0], [1, 0], [0, 0]])
        return ops.concatenate([following, words, preceding], axis=2)


def dense(width: int, activation: str | None = None) -> keras.layers.Dense:
    return keras.layers.Dense(width, activation, bias_initializer=keras.initializers.RandomNormal(0.0, 0.05))


def attention(spec: ModelSpec, layer: LayerSpec, keyed: States, valued: States, mask: States) -> States:
    """Queries and keys are read from `keyed`; its output projection included."""
    heads = keras.layers.MultiHeadAttention(layer.heads, spec.attention_size // layer.heads)
    return heads(query=keyed, key=keyed, value=valued, attention_mask=mask)


def feed_forward(spec: ModelSpec, layer: LayerSpec, states: States, norm: Norm) -> States:
    return norm()(states + dense(states.shape[-1])(dense(layer.intermediate_size, spec.activation)(states)))


def bert_block(spec: ModelSpec, layer: LayerSpec, states: States, mask: States, norm: Norm) -> States:
    attended = norm()(states + attention(spec, layer, states, states, mask))
    return feed_forward(spec, layer, attended, norm)


def mobile_block(spec: ModelSpec, layer: LayerSpec, states: States, mask: States, norm: Norm) -> States:
    narrow = norm()(dense(spec.intra_bottleneck_size)(states))
    shared = norm()(dense(spec.intra_bottleneck_size)(states))
    narrow = norm()(narrow + attention(spec, layer, shared, states, mask))
    for _ in range(layer.feed_forward_networks):
        narrow = feed_forward(spec, layer, narrow, norm)
    return norm()(states + dense(spec.hidden_size)(narrow))


def plain_classifier(spec: ModelSpec, names: tuple[str, ...], labels: int) -> keras.Model:
    """int32 (batch, length) three times, of these names, to (batch, labels) logits. Weights are Keras' random ones."""
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    ids, mask, types = inputs.values()
    is_mobile = spec.family == "mobilebert"

    def norm() -> keras.layers.Layer:
        return NoNorm() if is_mobile else keras.layers.LayerNormalization(epsilon=1e-12)

    width = spec.embedding_size if is_mobile else spec.hidden_size
    states = keras.layers.Embedding(spec.vocabulary_size, width)(ids)
    if is_mobile:
        states = dense(spec.hidden_size)(Trigrams()(states))
    states = Positions(spec.max_positions, spec.hidden_size)(states)
    states = norm()(states + keras.layers.Embedding(spec.type_vocabulary_size, spec.hidden_size)(types))
    attended = ops.expand_dims(mask, 1)
    for layer in spec.layers:
        block = mobile_block if is_mobile else bert_block
        states = block(spec, layer, states, attended, norm)
    first = states[:, 0]
    if spec.pooler:
        first = dense(spec.hidden_size, "tanh")(first)
    return keras.Model(inputs, dense(labels)(first))
