"""BERT and MobileBERT in plain NumPy, float64, one text and one head at a time.

Written from the papers and from Hugging Face's modeling_bert.py and modeling_mobilebert.py, and sharing nothing with
the product's forward pass but the tensor names: where both agree, a mistake would have to be made twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]


def hidden_states(
    spec: Mapping[str, Any], weights: Arrays, tokens: np.ndarray, types: np.ndarray | None = None
) -> np.ndarray:
    """`spec` is a spec.json; int (length,) twice to float64 (length, hidden size). Tokens are of type 0 by default."""
    model = _Reference(spec, weights)
    states = model.embed(tokens, np.zeros_like(tokens) if types is None else types)
    for index, layer in enumerate(spec["layers"]):
        step = model.mobilebert_layer if spec["family"] == "mobilebert" else model.bert_layer
        states = step(states, f"encoder.layer.{index}", layer)
    return states


def logits(
    spec: Mapping[str, Any], weights: Arrays, tokens: np.ndarray, types: np.ndarray | None = None
) -> np.ndarray:
    """int (length,) twice to float64 (labels,). Tokens are of type 0 by default."""
    model = _Reference(spec, weights)
    states = hidden_states(spec, weights, tokens, types)
    pooled = states[0] if spec["pooling"] == "cls" else states.mean(axis=0)
    if spec["pooler"]:
        pooled = np.tanh(model.linear(pooled, "pooler.dense"))
    return model.linear(pooled, "classifier")


class _Reference:
    def __init__(self, spec: Mapping[str, Any], weights: Arrays) -> None:
        self.spec = spec
        self.weights = {name: array.astype(np.float64) for name, array in weights.items()}

    def linear(self, states: np.ndarray, name: str) -> np.ndarray:
        return states @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, states: np.ndarray, name: str) -> np.ndarray:
        if self.spec["normalization"] == "layer_norm":
            mean = states.mean(axis=-1, keepdims=True)
            spread = np.sqrt(states.var(axis=-1, keepdims=True) + self.spec["layer_norm_epsilon"])
            states = (states - mean) / spread
        return states * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def embed(self, tokens: np.ndarray, types: np.ndarray) -> np.ndarray:
        words = self.weights["embeddings.word_embeddings.weight"][tokens]
        if self.spec["family"] == "mobilebert":
            nothing = np.zeros((1, words.shape[1]))
            following = np.concatenate([words[1:], nothing])
            preceding = np.concatenate([nothing, words[:-1]])
            words = np.concatenate([following, words, preceding], axis=1)
            words = self.linear(words, "embeddings.embedding_transformation")
        positions = self.weights["embeddings.position_embeddings.weight"][: len(tokens)]
        segments = self.weights["embeddings.token_type_embeddings.weight"][types]
        return self.norm(words + positions + segments, "embeddings.LayerNorm")

    def attention(self, keyed: np.ndarray, valued: np.ndarray, layer: str, heads: int) -> np.ndarray:
        queries, keys, values = (
            np.split(self.linear(source, f"{layer}.attention.self.{part}"), heads, axis=1)
            for part, source in (("query", keyed), ("key", keyed), ("value", valued))
        )
        contexts = []
        for query, key, value in zip(queries, keys, values, strict=True):
            scores = query @ key.T / math.sqrt(query.shape[1])
            share = np.exp(scores - scores.max(axis=1, keepdims=True))
            contexts.append(share / share.sum(axis=1, keepdims=True) @ value)
        return np.concatenate(contexts, axis=1)

    def add_and_norm(self, states: np.ndarray, stream: np.ndarray, name: str) -> np.ndarray:
        return self.norm(self.linear(states, f"{name}.dense") + stream, f"{name}.LayerNorm")

    def feed_forward(self, states: np.ndarray, prefix: str) -> np.ndarray:
        inner = self.linear(states, f"{prefix}.intermediate.dense")
        if self.spec["activation"] == "relu":
            inner = np.maximum(inner, 0)
        else:
            inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        return self.add_and_norm(inner, states, f"{prefix}.output")

    def bert_layer(self, states: np.ndarray, layer: str, sizes: Mapping[str, int]) -> np.ndarray:
        context = self.attention(states, states, layer, sizes["heads"])
        return self.feed_forward(self.add_and_norm(context, states, f"{layer}.attention.output"), layer)

    def mobilebert_layer(self, states: np.ndarray, layer: str, sizes: Mapping[str, int]) -> np.ndarray:
        def bottleneck(part: str) -> np.ndarray:
            narrow = self.linear(states, f"{layer}.bottleneck.{part}.dense")
            return self.norm(narrow, f"{layer}.bottleneck.{part}.LayerNorm")

        shared = bottleneck("attention")
        context = self.attention(shared, states, layer, sizes["heads"])
        narrow = self.add_and_norm(context, bottleneck("input"), f"{layer}.attention.output")
        for index in range(sizes["feed_forward_networks"] - 1):
            narrow = self.feed_forward(narrow, f"{layer}.ffn.{index}")
        narrow = self.feed_forward(narrow, layer)
        return self.add_and_norm(narrow, states, f"{layer}.output.bottleneck")
