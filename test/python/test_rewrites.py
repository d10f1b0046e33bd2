"""Rewritten models against the NumPy reference of the model as it was."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import reference
import tensorflow as tf
from edgeline_worker.inference import OneText
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.rewrites import REWRITES, rewrite
from edgeline_worker.spec import ModelSpec
from edgeline_worker.weights import draw_random_weights
from worker_rig import TINY_BERT, TINY_MOBILEBERT

DECLARATIONS: dict[str, dict[str, Any]] = {
    "bert": TINY_BERT,
    "bert-mean": {**TINY_BERT, "pooling": "mean", "pooler": False},
    "mobilebert": TINY_MOBILEBERT,
    "mobilebert-mean": {**TINY_MOBILEBERT, "pooling": "mean"},
    "mobilebert-pooler": {**TINY_MOBILEBERT, "pooler": True},
    "mobilebert-uneven": {
        **TINY_MOBILEBERT,
        "heads": [4, 2],
        "intermediate_size": [16, 40],
        "feed_forward_networks": [1, 3],
    },
}
SUBSETS = [list(names) for size in range(5) for names in itertools.combinations(REWRITES, size)]


def wide_gains(spec: ModelSpec, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Gains of NoNorms far from 1, some small and some negative: near 1 a wrong factor is not seen."""
    generator = np.random.Generator(np.random.PCG64(7))

    def draw(name: str, array: np.ndarray) -> np.ndarray:
        if spec.normalization != "no_norm" or not name.endswith("LayerNorm.weight"):
            return array
        gains = generator.uniform(0.5, 1.5, array.shape)
        gains[generator.random(array.shape) < 0.02] = 0.05
        gains[generator.random(array.shape) < 0.05] *= -1
        return gains.astype(np.float32)

    return {name: draw(name, array) for name, array in weights.items()}


def logits(spec: ModelSpec, weights: dict[str, np.ndarray], names: list[str], tokens: np.ndarray, width: int) -> Any:
    rewritten = rewrite(spec, weights, names)
    tensors = {name: tf.constant(array) for name, array in rewritten.tensors.items()}
    padded = np.zeros((1, width), np.int32)
    padded[0, : len(tokens)] = tokens
    mask = np.zeros_like(padded)
    mask[0, : len(tokens)] = 1
    inputs = (tf.constant(padded), tf.constant(mask), tf.zeros_like(padded))
    return OneText(spec, rewritten, tensors).logits(*inputs).numpy()[0]


@pytest.mark.parametrize("names", SUBSETS, ids="+".join)
@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_the_logits_stay(declaration: str, names: list[str]) -> None:
    spec = spec_of_declaration(DECLARATIONS[declaration]).with_head(3)
    weights = wide_gains(spec, draw_random_weights(spec, 3))
    tokens = np.random.Generator(np.random.PCG64(1)).integers(1, spec.vocabulary_size, 11, dtype=np.int32)
    expected = reference.logits(spec.to_json(), weights, tokens)
    for width in (11, 16):
        np.testing.assert_allclose(logits(spec, weights, names, tokens, width), expected, atol=1e-5, rtol=1e-4)


def test_what_says_nothing_about_a_model_is_not_applied() -> None:
    spec = spec_of_declaration(DECLARATIONS["bert-mean"]).with_head(3)
    assert rewrite(spec, draw_random_weights(spec, 1)).applied == REWRITES[:3]


def test_an_unknown_rewrite() -> None:
    spec = spec_of_declaration(TINY_BERT).with_head(3)
    with pytest.raises(ValueError, match="no rewrites are called fold_everything"):
        rewrite(spec, {}, ["fold_everything"])


@pytest.mark.parametrize("gain", [0.0, 1e-7])
def test_a_block_with_a_gain_that_cannot_be_divided_by_keeps_its_norms(gain: float) -> None:
    spec = spec_of_declaration(TINY_MOBILEBERT).with_head(3)
    weights = wide_gains(spec, draw_random_weights(spec, 3))
    weights["encoder.layer.1.attention.output.LayerNorm.weight"][2] = gain
    assert rewrite(spec, weights).kept_norms == 1
    tokens = np.arange(1, 9, dtype=np.int32)
    expected = reference.logits(spec.to_json(), weights, tokens)
    np.testing.assert_allclose(logits(spec, weights, list(REWRITES), tokens, 8), expected, atol=1e-5, rtol=1e-4)
