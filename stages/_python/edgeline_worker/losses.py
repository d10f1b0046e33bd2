"""What training makes small: the loss of each row of a batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

Loss = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""Logits, float32 (rows, classes); labels, int32 (rows,); soft targets, float32 (rows, n), where n is 0 if there are
none. Returns the loss of each row, float32 (rows,), in nats. Called while a tf.function is traced."""


def cross_entropy(class_weights: np.ndarray | None = None, smoothing: float = 0.0) -> Loss:
    """Cross-entropy with the labels, in nats, times the weight of the row's class, float32 (classes,).

    With `smoothing` s the target is (1 - s) of the label and s of the uniform distribution. Source: equation 3 of
    https://arxiv.org/abs/1512.00567.
    """

    def loss(logits: tf.Tensor, labels: tf.Tensor, soft_targets: tf.Tensor) -> tf.Tensor:
        rows = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        if smoothing > 0.0:
            uniform = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=1)
            rows = (1.0 - smoothing) * rows + smoothing * uniform
        return rows if class_weights is None else rows * tf.gather(tf.constant(class_weights, tf.float32), labels)

    return loss


def distillation(hard: Loss, temperature: float, alpha: float) -> Loss:
    """A student's loss: `alpha` of its distance from the teachers, and the rest of `hard`, its loss on the labels.

    Soft targets are the teachers' distributions at `temperature`, float32 (rows, classes). The distance is the
    Kullback-Leibler divergence of the student's distribution at the same temperature, times its square, so that both
    parts keep their weight when it changes. Source: section 2 of https://arxiv.org/abs/1503.02531.
    """

    def loss(logits: tf.Tensor, labels: tf.Tensor, soft_targets: tf.Tensor) -> tf.Tensor:
        student = tf.nn.log_softmax(logits / temperature)
        # xlogy is 0 where the teacher's share is 0, whose logarithm would not be finite.
        distance = tf.reduce_sum(tf.math.xlogy(soft_targets, soft_targets) - soft_targets * student, axis=1)
        return alpha * temperature**2 * distance + (1.0 - alpha) * hard(logits, labels, soft_targets)

    return loss


def balanced_class_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """int (n,) to float32 (classes,): n / (classes * rows of the class), so the mean over the rows is 1.

    As scikit-learn's `compute_class_weight("balanced")`. Every class must have a row.
    """
    counts = np.bincount(labels, minlength=classes)
    return np.asarray(len(labels) / (classes * counts), dtype=np.float32)
