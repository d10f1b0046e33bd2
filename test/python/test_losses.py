"""Losses against their formulas in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from edgeline_worker.losses import balanced_class_weights, cross_entropy

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0]], np.float32)
LABELS = np.array([0, 1], np.int32)
NONE = np.zeros((2, 0), np.float32)


def probabilities() -> np.ndarray:
    shares = np.exp(LOGITS.astype(np.float64))
    return shares / shares.sum(axis=1, keepdims=True)


def test_cross_entropy_of_each_row() -> None:
    expected = -np.log(probabilities()[[0, 1], LABELS])
    np.testing.assert_allclose(cross_entropy()(LOGITS, LABELS, NONE), expected, rtol=1e-6)


def test_a_smoothed_target_is_shared_with_all_classes() -> None:
    target = np.full((2, 3), 0.3 / 3)
    target[[0, 1], LABELS] += 0.7
    expected = -(target * np.log(probabilities())).sum(axis=1)
    np.testing.assert_allclose(cross_entropy(smoothing=0.3)(LOGITS, LABELS, NONE), expected, rtol=1e-6)


def test_weights_of_classes_multiply_their_rows() -> None:
    weights = np.array([0.5, 3.0, 7.0], np.float32)
    expected = -np.log(probabilities()[[0, 1], LABELS]) * [0.5, 3.0]
    np.testing.assert_allclose(cross_entropy(weights)(LOGITS, LABELS, NONE), expected, rtol=1e-6)


def test_balanced_weights_make_classes_count_the_same() -> None:
    # scikit-learn 1.5: compute_class_weight("balanced", classes=[0, 1, 2], y=[0] * 6 + [1] * 3 + [2]).
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = balanced_class_weights(labels, 3)
    np.testing.assert_allclose(weights, [0.5555555555555556, 1.1111111111111112, 3.3333333333333335], rtol=1e-6)
    assert weights[labels].mean() == pytest.approx(1.0)


def test_a_loss_can_be_differentiated() -> None:
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_sum(cross_entropy(smoothing=0.1)(logits, LABELS, NONE))
    target = np.full((2, 3), 0.1 / 3)
    target[[0, 1], LABELS] += 0.9
    np.testing.assert_allclose(tape.gradient(loss, logits), probabilities() - target, atol=1e-6)
