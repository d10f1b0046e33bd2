"""AdamW against the algorithm written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from edgeline_worker.optimizer import DECAY_EVERY, AdamW, clip_gradients, linear_schedule


def adamw(weight: np.ndarray, gradients: list[np.ndarray], rate: float, decay: float) -> np.ndarray:
    """Algorithm 2 of https://arxiv.org/abs/1711.05101, float64."""
    first, second, weight = np.zeros_like(weight), np.zeros_like(weight), weight.astype(np.float64)
    for step, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        mean, spread = first / (1 - 0.9**step), second / (1 - 0.999**step)
        weight = weight - rate * (mean / (np.sqrt(spread) + 1e-8) + decay * weight)
    return weight


def test_updates_are_those_of_the_algorithm() -> None:
    generator = np.random.default_rng(0)
    start = [generator.normal(size=(4, 3)).astype(np.float32), generator.normal(size=3).astype(np.float32)]
    steps = [[generator.normal(size=array.shape).astype(np.float32) for array in start] for _ in range(40)]
    variables = [tf.Variable(array) for array in start]
    rate, decay = 1e-3, 0.5
    optimizer = AdamW(variables, decay)
    for number, gradients in enumerate(steps, start=1):
        optimizer.apply(
            [tf.constant(gradient) for gradient in gradients],
            tf.constant(rate, tf.float32),
            tf.constant(number, tf.float32),
        )
        optimizer.decay(rate, number, last=number == len(steps))
    matrix = adamw(start[0], [gradients[0] for gradients in steps], rate, decay)
    bias = adamw(start[1], [gradients[1] for gradients in steps], rate, 0.0)
    # Decay comes in parts of 16 steps: the difference is of second order in what each of them decays.
    np.testing.assert_allclose(variables[0].numpy(), matrix, atol=2e-4)
    assert np.abs(matrix - adamw(start[0], [gradients[0] for gradients in steps], rate, 0.0)).max() > 0.01
    np.testing.assert_allclose(variables[1].numpy(), bias, atol=1e-5)


def test_decay_waits_and_loses_nothing() -> None:
    variable = tf.Variable([[1.0]])
    optimizer = AdamW([variable], 0.01)
    for step in range(1, DECAY_EVERY):
        optimizer.decay(1e-5, step, last=False)
    assert variable.numpy().item() == 1.0
    optimizer.decay(1e-5, DECAY_EVERY, last=False)
    assert variable.numpy().item() == pytest.approx(1.0 - DECAY_EVERY * 1e-7, abs=6e-8)


def test_gradients_are_clipped_by_their_exact_joint_norm() -> None:
    rows = tf.IndexedSlices(tf.constant([[3.0], [1.0], [2.0]]), tf.constant([4, 1, 4]), tf.constant([6, 1]))
    clipped, norm = clip_gradients([tf.constant([[12.0]]), rows], 1.0)
    assert float(norm) == pytest.approx(np.sqrt(12**2 + (3 + 2) ** 2 + 1))
    assert clipped[0].numpy().item() == pytest.approx(12 / float(norm))
    assert clipped[1].numpy()[:, 0] == pytest.approx(np.array([0, 1, 0, 0, 5, 0]) / float(norm))


def test_small_gradients_are_left_alone() -> None:
    clipped, _ = clip_gradients([tf.constant([0.3, 0.4])], 1.0)
    assert clipped[0].numpy() == pytest.approx([0.3, 0.4])


def test_the_rate_rises_and_falls_linearly() -> None:
    factors = [linear_schedule(step, 20, 0.1) for step in range(1, 21)]
    assert factors[:3] == pytest.approx([0.5, 1.0, 18 / 19])
    assert factors[-1] == pytest.approx(1 / 19)
    assert np.diff(factors[1:]) == pytest.approx(np.full(18, -1 / 19))
    assert [linear_schedule(step, 4, 0.0) for step in range(1, 5)] == pytest.approx([0.8, 0.6, 0.4, 0.2])
