"""Exact rewrites of a classifier for inference: other tensors that give the same logits with fewer operations.

Each is a name in `REWRITES` and can be left out, so that its effect can be shown. `OneText` in inference.py runs what
comes out: it looks which tensors are there.

Linear layers are (outputs, inputs), so scaling inputs scales columns, and scaling outputs scales rows and the bias.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from edgeline_worker.spec import ModelSpec, feed_forward_prefixes

REWRITES = ("fold_norms", "fold_attention_scale", "merge_siblings", "first_row")
"""In the order in which they are applied:

- `fold_norms`: MobileBERT's NoNorms become part of the linear layers around them, but for one multiplication in each
  layer's wide stream; of a layer norm, gain and shift do, but for the sum that its states are added to.
- `fold_attention_scale`: queries are divided by the root of their width beforehand.
- `merge_siblings`: linear layers that read the same states become one.
- `first_row`: the last layer computes the first token alone, where the classifier reads no other.
"""

WIDEST_SPREAD = 1e4
"""Largest over smallest scale within a block. Beyond it, or where a scale is 0, the block keeps its multiplications:
float32 would lose the small ones."""

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Rewritten:
    """Tensors in float32 under canonical names, and under new ones where siblings were merged."""

    tensors: Tensors
    applied: tuple[str, ...]
    kept_norms: int
    """Blocks whose norms could not be folded."""


def rewrite(spec: ModelSpec, weights: Mapping[str, np.ndarray], names: Collection[str] = REWRITES) -> Rewritten:
    """Computes in float64. Rewrites that say nothing about this model are left out of `applied`."""
    unknown = sorted(set(names) - set(REWRITES))
    if unknown:
        raise ValueError(f"no rewrites are called {', '.join(unknown)}")
    tensors = {name: array.astype(np.float64) for name, array in weights.items()}
    applied: list[str] = []
    kept = 0
    if "fold_norms" in names:
        if spec.normalization == "no_norm":
            kept = _fold_no_norms(spec, tensors)
        else:
            _fold_layer_norms(spec, tensors)
        applied.append("fold_norms")
    if "fold_attention_scale" in names:
        _fold_attention_scale(spec, tensors)
        applied.append("fold_attention_scale")
    first_row = "first_row" in names and spec.pooling == "cls"
    if "merge_siblings" in names:
        _merge_siblings(spec, tensors, first_row)
        applied.append("merge_siblings")
    if first_row:
        applied.append("first_row")
    return Rewritten({name: array.astype(np.float32) for name, array in tensors.items()}, tuple(applied), kept)


def _fold_layer_norms(spec: ModelSpec, tensors: Tensors) -> None:
    """Linear layers read the standardised states; only the residual sums need gain and shift themselves."""
    gain, shift = _norm(tensors, "embeddings")
    for index in range(len(spec.layers)):
        prefix = f"encoder.layer.{index}."
        for part in ("query", "key", "value"):
            _consume(tensors, f"{prefix}attention.self.{part}", gain, shift)
        _consume(tensors, f"{prefix}intermediate.dense", *_norm(tensors, f"{prefix}attention.output"))
        gain, shift = _norm(tensors, f"{prefix}output")
    _consume(tensors, "pooler.dense" if spec.pooler else "classifier", gain, shift)


def _fold_no_norms(spec: ModelSpec, tensors: Tensors) -> int:
    """Takes out the NoNorms, h' = g * h + b, of a MobileBERT; returns how many blocks keep their multiplications.

    The states of a stream are written as a * s + e, channel by channel, and only s is computed. A norm of a residual
    sum f + h then asks of the dense layer that makes f to be divided by a, and goes into a' = g * a, e' = g * e + b;
    consumers of the stream have their columns multiplied by a, and e in their bias. In the wide stream, whose scales
    would be products over all layers, a stays 1 and the multiplication by g stays: an int8 row has one step for all its
    channels, and a wide spread of scales would cost accuracy there. Within a block only its own few scales multiply,
    and a starts so that their geometric mean is 1.
    """
    _fold_embedding_norm(tensors)
    gain, offset = np.ones(spec.hidden_size), np.zeros(spec.hidden_size)
    kept = 0
    for index in range(len(spec.layers)):
        prefix = f"encoder.layer.{index}."
        inner = [f"{prefix}attention.output", *(f"{network}output" for network in feed_forward_prefixes(spec, index))]
        start = _start(tensors, inner)
        kept += start is None
        scale = np.ones(spec.attention_size) if start is None else start
        for bottleneck, divisor in (("input", scale), ("attention", np.ones_like(scale))):
            dense = f"{prefix}bottleneck.{bottleneck}.dense"
            _consume(tensors, dense, gain, offset)
            own_gain, shift = _take_norm(tensors, f"{prefix}bottleneck.{bottleneck}")
            tensors[f"{dense}.bias"] = (tensors[f"{dense}.bias"] * own_gain + shift) / divisor
            tensors[f"{dense}.weight"] *= (own_gain / divisor)[:, np.newaxis]
        _consume(tensors, f"{prefix}attention.self.value", gain, offset)
        read, narrow = scale, np.zeros_like(scale)
        for position, name in enumerate(inner):
            if position > 0:
                _consume(tensors, f"{name.removesuffix('output')}intermediate.dense", read, narrow)
            _divide_outputs(tensors, f"{name}.dense", scale)
            gain, shift = _take_norm(tensors, name, keep_gain=start is None)
            narrow = gain * narrow + shift
            # Where the multiplication stays, the next layers read what is not multiplied yet.
            scale, read = (scale, gain) if start is None else (gain * scale, gain * scale)
        _consume(tensors, f"{prefix}output.bottleneck.dense", read, narrow)
        gain, shift = _take_norm(tensors, f"{prefix}output.bottleneck", keep_gain=True)
        offset = gain * offset + shift
    _consume(tensors, "pooler.dense" if spec.pooler else "classifier", gain, offset)
    return kept


def _fold_embedding_norm(tensors: Tensors) -> None:
    """The sum of transformed words, positions and types is normed: each term by itself, the shift with the position."""
    gain, shift = _take_norm(tensors, "embeddings")
    words = "embeddings.embedding_transformation"
    tensors[f"{words}.weight"] *= gain[:, np.newaxis]
    bias = tensors.pop(f"{words}.bias")
    positions = "embeddings.position_embeddings.weight"
    tensors[positions] = tensors[positions] * gain + gain * bias + shift
    tensors["embeddings.token_type_embeddings.weight"] *= gain


def _start(tensors: Tensors, inner: list[str]) -> np.ndarray | None:
    """The scale that a block's stream starts with, or None where its norms are better kept."""
    gains = np.array([tensors[f"{name}.LayerNorm.weight"] for name in inner])
    products = np.abs(np.cumprod(np.vstack([np.ones(gains.shape[1]), gains]), axis=0))
    if not np.all(products > 0):
        return None
    start = np.exp(-np.mean(np.log(products), axis=0))
    scales = products * start
    return start if scales.max() / scales.min() <= WIDEST_SPREAD else None


def _norm(tensors: Tensors, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Gain and shift."""
    return tensors[f"{name}.LayerNorm.weight"], tensors[f"{name}.LayerNorm.bias"]


def _consume(tensors: Tensors, dense: str, scale: np.ndarray, offset: np.ndarray) -> None:
    """`dense` reads s instead of scale * s + offset."""
    weight = tensors[f"{dense}.weight"]
    tensors[f"{dense}.bias"] = tensors[f"{dense}.bias"] + weight @ offset
    tensors[f"{dense}.weight"] = weight * scale


def _divide_outputs(tensors: Tensors, dense: str, scale: np.ndarray) -> None:
    tensors[f"{dense}.weight"] = tensors[f"{dense}.weight"] / scale[:, np.newaxis]
    tensors[f"{dense}.bias"] = tensors[f"{dense}.bias"] / scale


def _take_norm(tensors: Tensors, name: str, keep_gain: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Gain and shift of a NoNorm, which is taken out; with `keep_gain` its multiplication stays."""
    gain, shift = tensors[f"{name}.LayerNorm.weight"], tensors.pop(f"{name}.LayerNorm.bias")
    if not keep_gain:
        del tensors[f"{name}.LayerNorm.weight"]
    return gain, shift


def _fold_attention_scale(spec: ModelSpec, tensors: Tensors) -> None:
    for index, layer in enumerate(spec.layers):
        root = math.sqrt(spec.attention_size // layer.heads)
        for part in ("weight", "bias"):
            tensors[f"encoder.layer.{index}.attention.self.query.{part}"] /= root


def _merge_siblings(spec: ModelSpec, tensors: Tensors, first_row: bool) -> None:
    """Names of the merged layers say what they hold, in order. Where only the first row is queried, what is computed of
    that row and what is computed of all rows are no siblings."""
    last = len(spec.layers) - 1
    for index in range(len(spec.layers)):
        prefix = f"encoder.layer.{index}."
        own = f"{prefix}attention.self."
        alone = first_row and index == last
        if spec.family == "mobilebert":
            narrow, shared = f"{prefix}bottleneck.input.dense", f"{prefix}bottleneck.attention.dense"
            value = f"{own}value"
            _merge(tensors, f"{prefix}wide", [shared, value] if alone else [narrow, shared, value])
            if not alone:
                _merge(tensors, f"{own}query_key", [f"{own}query", f"{own}key"])
        elif alone:
            _merge(tensors, f"{own}key_value", [f"{own}key", f"{own}value"])
        else:
            _merge(tensors, f"{own}query_key_value", [f"{own}{part}" for part in ("query", "key", "value")])


def _merge(tensors: Tensors, merged: str, parts: list[str]) -> None:
    for kind in ("weight", "bias"):
        tensors[f"{merged}.{kind}"] = np.concatenate([tensors.pop(f"{part}.{kind}") for part in parts])
