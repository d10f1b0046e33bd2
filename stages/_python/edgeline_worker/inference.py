"""The forward pass for one text at a time, on tensors that `rewrite` may have changed.

It computes what `Forward` does without its arithmetic for a free batch, and it leaves out each operation whose tensor
is not there any more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from edgeline_worker.model import MASKED_SCORE, Forward
from edgeline_worker.operations import standardize
from edgeline_worker.rewrites import Rewritten
from edgeline_worker.spec import ModelSpec, feed_forward_prefixes


class States(NamedTuple):
    """Of a stream, (rows, width) each: what linear layers read, and what is added to their outputs.

    They differ by the gain and shift of a norm where those are folded into the linear layers.
    """

    read: tf.Tensor
    added: tf.Tensor

    def first(self) -> States:
        return States(self.read[:1], self.added[:1])


class OneText(Forward):
    """`first_row`, `fold_attention_scale` and merged layers as in `Rewritten`."""

    def __init__(self, spec: ModelSpec, rewritten: Rewritten, tensors: Mapping[str, tf.Tensor]) -> None:
        super().__init__(spec, tensors)
        self._first_row = "first_row" in rewritten.applied
        self._scaled = "fold_attention_scale" in rewritten.applied
        self._folded = "fold_norms" in rewritten.applied

    def hidden_states(self, input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        """int32 (1, length) three times to (rows, hidden size): length rows, or the first alone."""
        mask = tf.cast(attention_mask, tf.float32)
        # (1, length): added to the scores of every head and row.
        bias = (1.0 - mask) * MASKED_SCORE
        states = self._normed(self._embed(input_ids, mask, token_type_ids), "embeddings.LayerNorm")
        for index in range(len(self.spec.layers)):
            # What this layer's output is needed for.
            queried = states.first() if self._first_row and index == len(self.spec.layers) - 1 else states
            layer = self._mobilebert_text if self.spec.family == "mobilebert" else self._bert_text
            states = layer(states, queried, index, bias)
        return states.read

    def _bert_text(self, states: States, queried: States, index: int, bias: tf.Tensor) -> States:
        prefix = f"encoder.layer.{index}."
        own = f"{prefix}attention.self."
        if self._has(f"{own}query_key_value"):
            queries, keys, values = self._heads_of(states.read, f"{own}query_key_value", index, 3)
        else:
            (queries,) = self._heads_of(queried.read, f"{own}query", index, 1)
            keys, values = self._either(states.read, own, "key", "value", index)
        context = self._attend(queries, keys, values, index, bias)
        attended = self._add(context, queried, f"{prefix}attention.output")
        return self._network(attended, prefix)

    def _mobilebert_text(self, states: States, queried: States, index: int, bias: tf.Tensor) -> States:
        prefix = f"encoder.layer.{index}."
        own = f"{prefix}attention.self."
        narrow, shared, values = self._bottlenecks(states.read, queried.read, prefix)
        if queried is states:
            queries, keys = self._either(shared, own, "query", "key", index)
        else:
            (queries,) = self._heads_of(shared[:1], f"{own}query", index, 1)
            (keys,) = self._heads_of(shared, f"{own}key", index, 1)
        context = self._attend(queries, keys, self._split_heads(values, index), index, bias)
        stream = self._add(context, States(narrow, narrow), f"{prefix}attention.output")
        for network in feed_forward_prefixes(self.spec, index):
            stream = self._network(stream, network)
        return self._add(stream.read, queried, f"{prefix}output.bottleneck")

    def _bottlenecks(
        self, states: tf.Tensor, queried: tf.Tensor, prefix: str
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The block's stream, what queries and keys read, and the values."""
        merged = f"{prefix}wide"
        narrow = f"{prefix}bottleneck.input"
        shared = f"{prefix}bottleneck.attention"
        if not self._has(merged):
            values = self._linear(states, f"{prefix}attention.self.value")
            return self._bottleneck(queried, narrow), self._bottleneck(states, shared), values
        if queried is states:
            streams = tf.split(self._linear(states, merged), 3, axis=1)
            first = self._plain_norm(streams[0], f"{narrow}.LayerNorm")
        else:
            streams = tf.split(self._linear(states, merged), 2, axis=1)
            first = self._bottleneck(queried, narrow)
        return first, self._plain_norm(streams[-2], f"{shared}.LayerNorm"), streams[-1]

    def _bottleneck(self, states: tf.Tensor, prefix: str) -> tf.Tensor:
        return self._plain_norm(self._linear(states, f"{prefix}.dense"), f"{prefix}.LayerNorm")

    def _network(self, states: States, prefix: str) -> States:
        inner = self._linear(states.read, f"{prefix}intermediate.dense")
        inner = tf.nn.relu(inner) if self.spec.activation == "relu" else tf.nn.gelu(inner, approximate=False)
        return self._add(inner, states, f"{prefix}output")

    def _add(self, inner: tf.Tensor, stream: States, prefix: str) -> States:
        """A linear layer, the stream it is added to, and their norm."""
        return self._normed(self._linear(inner, f"{prefix}.dense") + stream.added, f"{prefix}.LayerNorm")

    def _normed(self, states: tf.Tensor, name: str) -> States:
        if self.spec.normalization == "layer_norm":
            states = standardize(states, self.spec.layer_norm_epsilon)[0]
        normed = self._plain_norm(states, name)
        return States(states if self._folded else normed, normed)

    def _plain_norm(self, states: tf.Tensor, name: str) -> tf.Tensor:
        """The part of a norm that multiplies and adds, as far as it is still there."""
        weight, bias = self.tensors.get(f"{name}.weight"), self.tensors.get(f"{name}.bias")
        states = states if weight is None else states * weight
        return states if bias is None else states + bias

    def _either(self, states: tf.Tensor, own: str, first: str, second: str, index: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Two siblings, merged or not, split into heads."""
        if self._has(f"{own}{first}_{second}"):
            one, other = self._heads_of(states, f"{own}{first}_{second}", index, 2)
            return one, other
        (one,), (other,) = (self._heads_of(states, f"{own}{name}", index, 1) for name in (first, second))
        return one, other

    def _heads_of(self, states: tf.Tensor, name: str, index: int, parts: int) -> list[tf.Tensor]:
        """Of a linear layer with the outputs of `parts` layers: each as (heads, rows, width)."""
        heads = self._split_heads(self._linear(states, name), index, parts)
        return [heads] if parts == 1 else tf.split(heads, parts, axis=0)

    def _split_heads(self, projected: tf.Tensor, index: int, parts: int = 1) -> tf.Tensor:
        """(rows, parts * attention size) to (parts * heads, rows, width)."""
        heads = self.spec.layers[index].heads
        return tf.transpose(
            tf.reshape(projected, [-1, parts * heads, self.spec.attention_size // heads]), [1, 0, 2]
        )

    def _attend(
        self, queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, index: int, bias: tf.Tensor
    ) -> tf.Tensor:
        if not self._scaled:
            queries = queries * (1.0 / math.sqrt(self.spec.attention_size // self.spec.layers[index].heads))
        weights = tf.nn.softmax(tf.matmul(queries, keys, transpose_b=True) + bias)
        context = tf.transpose(tf.matmul(weights, values), [1, 0, 2])
        return tf.reshape(context, [-1, self.spec.attention_size])

    def _norm(self, states: tf.Tensor, name: str) -> tf.Tensor:
        """Of the embeddings, whose sum `hidden_states` norms itself."""
        return states

    def _linear(self, states: tf.Tensor, name: str) -> tf.Tensor:
        bias = self.tensors.get(f"{name}.bias")
        # Named, for the names in the converted file are made of these.
        product = tf.matmul(states, self.tensors[f"{name}.weight"], transpose_b=True, name=name)
        return product if bias is None else tf.nn.bias_add(product, bias, name=f"{name}.sum")

    def _has(self, layer: str) -> bool:
        return f"{layer}.weight" in self.tensors
