"""The forward pass of BERT and MobileBERT, and the Keras model around it.

Formulas: https://arxiv.org/abs/1810.04805 and https://arxiv.org/abs/2004.02984, checked against Hugging Face's
`modeling_bert.py` and `modeling_mobilebert.py`, whose tensor names are ours.

Activations are kept as (batch * length, width): linear layers are then plain matrix products in training, and single
FULLY_CONNECTED operations with one delegate partition after conversion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from edgeline_worker.operations import gelu, layer_norm, standardize
from edgeline_worker.spec import ModelSpec, feed_forward_prefixes, parameter_shapes

MASKED_SCORE = -10000.0
"""Added to the attention scores of padding: its exponential is zero in float32, and float16 can say it."""


class Forward:
    """One forward pass: the spec, the tensors by canonical name, the precision of products, and dropout's seed.

    `seed` is an int32 tensor of shape (2,), or None for inference. `precision` is what activations and products are
    computed in; statistics of norms and softmax are float32, and so are the logits that come back.
    """

    def __init__(
        self,
        spec: ModelSpec,
        tensors: Mapping[str, tf.Tensor],
        precision: tf.DType = tf.float32,
        seed: tf.Tensor | None = None,
    ) -> None:
        self.spec = spec
        self.tensors = tensors
        self.precision = precision
        self.seed = seed
        self._dropouts = 0

    def logits(self, input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        """int32 (batch, length) three times to float32 (batch, labels)."""
        states = self.hidden_states(input_ids, attention_mask, token_type_ids)
        pooled = self._pool(states, attention_mask)
        if self.spec.pooler:
            pooled = tf.tanh(self._linear(pooled, "pooler.dense"))
        pooled = self._dropout(pooled, self.spec.dropout)
        return tf.cast(self._linear(pooled, "classifier"), tf.float32)

    def hidden_states(self, input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        """int32 (batch, length) three times to (batch * length, hidden size) in the precision of the pass."""
        # Only the batch is asked for and the length is always left to -1: with a known batch every shape below is a
        # constant, and the converted file does no arithmetic on shapes though its length is free.
        batch = tf.shape(input_ids)[0]
        mask = tf.cast(attention_mask, tf.float32)
        # Not `[:, tf.newaxis]`: that is a slice, which a converter that is given the SavedModel itself has no operation for.
        bias = tf.reshape(tf.cast((1.0 - mask) * MASKED_SCORE, self.precision), [batch, 1, 1, -1])
        states = self._embed(input_ids, mask, token_type_ids)
        for index in range(len(self.spec.layers)):
            if self.spec.family == "mobilebert":
                states = self._mobilebert_layer(states, index, bias, batch)
            else:
                states = self._bert_layer(states, index, bias, batch)
        return states

    def _embed(self, input_ids: tf.Tensor, mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        words = tf.cast(tf.gather(self.tensors["embeddings.word_embeddings.weight"], input_ids), self.precision)
        if self.spec.family == "mobilebert":
            if self.spec.trigram_input:
                # Padding must not be a neighbour: a text has the same logits however far it is padded.
                words = words * tf.reshape(tf.cast(mask, self.precision), [tf.shape(mask)[0], -1, 1])
                following = tf.pad(words[:, 1:], [[0, 0], [0, 1], [0, 0]])
                preceding = tf.pad(words[:, :-1], [[0, 0], [1, 0], [0, 0]])
                words = tf.concat([following, words, preceding], axis=2)
            words = tf.reshape(words, [-1, words.shape[2]])
            words = self._linear(words, "embeddings.embedding_transformation")
            words = tf.reshape(words, tf.stack([tf.shape(input_ids)[0], -1, self.spec.hidden_size]))
        positions = self.tensors["embeddings.position_embeddings.weight"][: tf.shape(input_ids)[1]]
        types = tf.gather(self.tensors["embeddings.token_type_embeddings.weight"], token_type_ids)
        states = words + tf.cast(positions, self.precision) + tf.cast(types, self.precision)
        states = tf.reshape(states, [-1, self.spec.hidden_size])
        return self._dropout(self._norm(states, "embeddings.LayerNorm"), self.spec.dropout)

    def _bert_layer(self, states: tf.Tensor, index: int, bias: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
        prefix = f"encoder.layer.{index}."
        context = self._attention(states, states, index, bias, batch)
        attended = self._residual(context, states, f"{prefix}attention.output", self.spec.dropout)
        return self._feed_forward(attended, prefix, self.spec.dropout)

    def _mobilebert_layer(self, states: tf.Tensor, index: int, bias: tf.Tensor, batch: tf.Tensor) -> tf.Tensor:
        prefix = f"encoder.layer.{index}."
        narrow = self._norm(
            self._linear(states, f"{prefix}bottleneck.input.dense"), f"{prefix}bottleneck.input.LayerNorm"
        )
        shared = self._norm(
            self._linear(states, f"{prefix}bottleneck.attention.dense"), f"{prefix}bottleneck.attention.LayerNorm"
        )
        context = self._attention(shared, states, index, bias, batch)
        # Within the bottleneck the published model has no dropout.
        narrow = self._residual(context, narrow, f"{prefix}attention.output", 0.0)
        for network in feed_forward_prefixes(self.spec, index):
            narrow = self._feed_forward(narrow, network, 0.0)
        return self._residual(narrow, states, f"{prefix}output.bottleneck", self.spec.dropout)

    def _attention(
        self, keyed: tf.Tensor, valued: tf.Tensor, index: int, bias: tf.Tensor, batch: tf.Tensor
    ) -> tf.Tensor:
        """(batch * length, width) twice to (batch * length, attention size): queries and keys come from `keyed`."""
        prefix = f"encoder.layer.{index}.attention.self."
        heads = self.spec.layers[index].heads
        width = self.spec.attention_size // heads

        def split(projected: tf.Tensor) -> tf.Tensor:
            """(batch * length, attention size) to (batch, heads, length, width)."""
            return tf.transpose(tf.reshape(projected, tf.stack([batch, -1, heads, width])), [0, 2, 1, 3])

        # Scaling the queries touches fewer numbers than scaling the scores.
        queries = split(self._linear(keyed, f"{prefix}query") * tf.cast(1.0 / math.sqrt(width), self.precision))
        keys = split(self._linear(keyed, f"{prefix}key"))
        values = split(self._linear(valued, f"{prefix}value"))
        scores = tf.matmul(queries, keys, transpose_b=True) + bias
        weights = tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), self.precision)
        context = tf.matmul(self._dropout(weights, self.spec.attention_dropout), values)
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, self.spec.attention_size])

    def _feed_forward(self, states: tf.Tensor, prefix: str, dropout: float) -> tf.Tensor:
        inner = self._linear(states, f"{prefix}intermediate.dense")
        if self.spec.activation == "relu":
            inner = tf.nn.relu(inner)
        else:
            inner = tf.nn.gelu(inner, approximate=False) if self.seed is None else gelu(inner)
        return self._residual(inner, states, f"{prefix}output", dropout)

    def _residual(self, states: tf.Tensor, stream: tf.Tensor, prefix: str, dropout: float) -> tf.Tensor:
        projected = self._dropout(self._linear(states, f"{prefix}.dense"), dropout)
        return self._norm(projected + stream, f"{prefix}.LayerNorm")

    def _linear(self, states: tf.Tensor, name: str) -> tf.Tensor:
        weight = tf.cast(self.tensors[f"{name}.weight"], self.precision)
        bias = tf.cast(self.tensors[f"{name}.bias"], self.precision)
        return tf.nn.bias_add(tf.matmul(states, weight, transpose_b=True), bias)

    def _norm(self, states: tf.Tensor, name: str) -> tf.Tensor:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        if self.spec.normalization == "no_norm":
            return states * tf.cast(weight, self.precision) + tf.cast(bias, self.precision)
        wide = tf.cast(states, tf.float32)
        if self.seed is None:
            normed = standardize(wide, self.spec.layer_norm_epsilon)[0] * weight + bias
        else:
            normed = layer_norm(wide, weight, bias, self.spec.layer_norm_epsilon)
        return tf.cast(normed, self.precision)

    def _pool(self, states: tf.Tensor, attention_mask: tf.Tensor) -> tf.Tensor:
        """(batch * length, hidden size) to (batch, hidden size): the first token's state, or the mean over the text."""
        shape = tf.stack([tf.shape(attention_mask)[0], -1, self.spec.hidden_size])
        states = tf.reshape(states, shape)
        if self.spec.pooling == "cls":
            return states[:, 0]
        mask = tf.reshape(tf.cast(attention_mask, self.precision), [tf.shape(attention_mask)[0], -1, 1])
        return tf.reduce_sum(states * mask, axis=1) / tf.reduce_sum(mask, axis=1)

    def _dropout(self, states: tf.Tensor, rate: float) -> tf.Tensor:
        if self.seed is None or rate == 0.0:
            return states
        self._dropouts += 1
        seed = self.seed + tf.constant([0, self._dropouts], tf.int32)
        # Drawn in float32 for every precision: bfloat16 has too few values to hit the rate.
        drawn = tf.random.stateless_uniform(tf.shape(states), seed, alg="philox")
        return tf.where(drawn >= rate, states * tf.cast(1.0 / (1.0 - rate), states.dtype), tf.zeros([], states.dtype))


class TransformerClassifier(keras.Model):
    """A Keras model whose variables carry the canonical names.

    Call it with a dict of int32 `input_ids`, `attention_mask` and `token_type_ids`, each (batch, length); it returns
    float32 logits (batch, labels). `precision` is `float32` or `bfloat16`; variables are float32 in both.
    """

    def __init__(self, spec: ModelSpec, precision: str = "float32") -> None:
        super().__init__(name=spec.family)
        if spec.head is None:
            raise ValueError("a classifier needs a spec with a head")
        self.spec = spec
        self.precision = tf.as_dtype(precision)
        self.tensors = {
            name: self.add_weight(shape=shape, name=name, initializer="zeros", dtype="float32", autocast=False)
            for name, shape in parameter_shapes(spec).items()
        }
        self.output_classes = spec.head.labels
        self.built = True

    def call(self, inputs: Mapping[str, tf.Tensor], seed: tf.Tensor | None = None) -> tf.Tensor:
        """`seed`, int32 (2,), turns dropout on; equal seeds drop equal elements."""
        tensors = {name: variable.value for name, variable in self.tensors.items()}
        forward = Forward(self.spec, tensors, self.precision, seed)
        return forward.logits(inputs["input_ids"], inputs["attention_mask"], inputs["token_type_ids"])

    def assign_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Raises KeyError when one is missing."""
        for name, variable in self.tensors.items():
            variable.assign(weights[name])

    def weights_as_arrays(self) -> dict[str, np.ndarray]:
        """Copies, by canonical name."""
        return {name: variable.value.numpy().copy() for name, variable in self.tensors.items()}
