"""AdamW on TensorFlow's fused kernel, with the schedule that BERT was fine-tuned with.

Source: https://arxiv.org/abs/1711.05101 (algorithm 2). Keras' own AdamW computes the same from a dozen operations for
each variable; on two cores it took a third of a training step of MiniLM-L6, the fused kernel takes a tenth.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8

DECAY_EVERY = 16
"""Weights are decayed once in so many steps, by all that is due: at a rate of 1e-5 one step's factor, 1 - 1e-7, is at
the limit of float32, where it is lost to rounding; and a pass over all the weights is saved."""


def linear_schedule(step: int, steps: int, warmup_fraction: float) -> float:
    """Factor of the learning rate at `step`, from 1: up linearly while warming up, then down to 0 after `steps`."""
    warmup = max(1, round(steps * warmup_fraction)) if warmup_fraction > 0 else 0
    if step <= warmup:
        return step / warmup
    return max(0.0, (steps - step + 1) / (steps - warmup + 1))


def clip_gradients(
    gradients: Sequence[tf.Tensor | tf.IndexedSlices], limit: float
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Scales all the gradients so that their joint norm is at most `limit`; returns them and the norm before.

    The norm is exact: rows of an embedding table that a batch looks up twice are added first.
    """
    summed = [_sum_repeated_rows(gradient) for gradient in gradients]
    values = [gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient for gradient in summed]
    norm = tf.linalg.global_norm(values)
    scale = limit / tf.maximum(norm, limit)
    # Scaled while still sparse: an embedding table is most of a small model.
    return [
        tf.convert_to_tensor(tf.IndexedSlices(gradient.values * scale, gradient.indices, gradient.dense_shape))
        if isinstance(gradient, tf.IndexedSlices)
        else gradient * scale
        for gradient in summed
    ], norm


def _sum_repeated_rows(gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor | tf.IndexedSlices:
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, places = tf.unique(tf.reshape(gradient.indices, [-1]))
    values = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


class AdamW:
    """Adam with decoupled weight decay, which leaves norms and biases alone, as for BERT.

    `rates` are factors of the learning rate, one for each variable; without them all are 1.
    """

    def __init__(
        self, variables: Sequence[tf.Variable], weight_decay: float, rates: Sequence[float] | None = None
    ) -> None:
        self._rates = [1.0] * len(variables) if rates is None else list(rates)
        self._variables = list(variables)
        self._first = [tf.Variable(tf.zeros_like(variable)) for variable in variables]
        self._second = [tf.Variable(tf.zeros_like(variable)) for variable in variables]
        self._decayed = [
            (variable, rate)
            for variable, rate in zip(self._variables, self._rates, strict=True)
            if len(variable.shape) > 1
        ]
        self._weight_decay = weight_decay
        self.due = 0.0
        """Decay noted and not applied yet; with `moments` all that the optimizer remembers."""

    @property
    def moments(self) -> list[tf.Variable]:
        """First and second moments, in a fixed order."""
        return [*self._first, *self._second]

    def apply(self, gradients: Sequence[tf.Tensor], learning_rate: tf.Tensor, step: tf.Tensor) -> None:
        """Inside of a tf.function: one update. `learning_rate` is a float32 scalar, `step` a float32 one from 1."""
        # Made once: a thousand variables would have thousands of operations to trace and to start just for these.
        first_power, second_power = tf.pow(BETA_1, step), tf.pow(BETA_2, step)
        beta_1, beta_2, epsilon = tf.constant(BETA_1), tf.constant(BETA_2), tf.constant(EPSILON)
        for variable, first, second, gradient, rate in zip(
            self._variables, self._first, self._second, gradients, self._rates, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=first_power,
                beta2_power=second_power,
                lr=learning_rate if rate == 1.0 else learning_rate * rate,
                beta1=beta_1,
                beta2=beta_2,
                epsilon=epsilon,
                grad=gradient,
            )

    def decay(self, learning_rate: float, step: int, last: bool) -> None:
        """Outside of it, after each update: notes what decay is due, and applies it now and then or if `last`."""
        self.due += learning_rate * self._weight_decay
        if self.due > 0 and (last or step % DECAY_EVERY == 0):
            for variable, rate in self._decayed:
                variable.assign(variable * tf.constant(1.0 - self.due * rate, tf.float32))
            self.due = 0.0


def layer_rates(names: Sequence[str], layers: int, decay: float) -> list[float]:
    """Factors of the learning rate by canonical tensor name: 1 for the head and the uppermost layer, `decay` times
    that for each layer below, and for the embeddings below the lowest.

    Source: section 5.3.4 of https://arxiv.org/abs/1905.05583.
    """
    return [decay ** _depth_below_top(name, layers) for name in names]


def _depth_below_top(name: str, layers: int) -> int:
    if name.startswith("embeddings."):
        return layers
    if name.startswith("encoder.layer."):
        return layers - 1 - int(name.split(".")[2])
    return 0
