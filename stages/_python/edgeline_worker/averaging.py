"""Means of a model's weights over its training, which often generalise better than the last ones.

Validation decides whether a mean is kept or the weights as they are: see `Trainer`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

AVERAGE_EVERY = 8
"""Steps between two samples of the weights: nearly the same mean, and seven of eight passes over them are saved."""


class MovingAverage:
    """Exponential moving average of variables over the steps; while it is young, their plain mean.

    Source: Polyak and Juditsky, https://doi.org/10.1137/0330046, with a horizon of 1 / (1 - decay) steps.
    """

    def __init__(self, variables: Mapping[str, tf.Variable], decay: float) -> None:
        self.values = {name: tf.Variable(tf.zeros_like(variable)) for name, variable in variables.items()}
        self.samples = 0
        self._decay = decay**AVERAGE_EVERY

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def move(share: tf.Tensor) -> None:
            for name, value in self.values.items():
                value.assign_add(share * (variables[name] - value))

        self._move = move

    def note(self, step: int) -> None:
        """After update `step`."""
        if step % AVERAGE_EVERY == 0:
            self.samples += 1
            self._move(tf.constant(max(1.0 - self._decay, 1.0 / self.samples), tf.float32))

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Copies, by name; zeros before the first sample."""
        return {name: value.numpy().copy() for name, value in self.values.items()}


def mean_with(mean: Mapping[str, np.ndarray], members: int, new: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The mean of `members` models, to which one more is added; float32, by name."""
    share = np.float32(1.0 / (members + 1))
    return {name: value + share * (new[name] - value) for name, value in mean.items()}
