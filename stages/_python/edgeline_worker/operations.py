"""Layer norm and GELU with their derivatives in closed form, for training.

What automatic differentiation makes of these two is half again as many passes over the activations. Inference uses
TensorFlow's own operations, which the converter recognises.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

Gradient = Callable[[tf.Tensor], tf.Tensor | tuple[tf.Tensor, ...]]


def layer_norm(states: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: float) -> tf.Tensor:
    """float32 (n, width), (width,), (width,) to (n, width). Source: https://arxiv.org/abs/1607.06450."""

    @tf.custom_gradient
    def compute(states: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        normed, scale = standardize(states, epsilon)

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
            product = upstream * normed
            inner = upstream * weight
            slope = inner - tf.reduce_mean(inner, axis=-1, keepdims=True)
            slope -= normed * tf.reduce_mean(inner * normed, axis=-1, keepdims=True)
            return slope * scale, tf.reduce_sum(product, axis=0), tf.reduce_sum(upstream, axis=0)

        return normed * weight + bias, gradient

    return compute(states, weight, bias)


def standardize(states: tf.Tensor, epsilon: float) -> tuple[tf.Tensor, tf.Tensor]:
    """float32 (n, width) to itself with mean 0 and variance 1 in each row, and the (n, 1) that rows were scaled by."""
    centred = states - tf.reduce_mean(states, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
    scale = tf.math.rsqrt(variance + epsilon)
    return centred * scale, scale


def gelu(states: tf.Tensor) -> tf.Tensor:
    """x times the normal distribution function at x, exactly. Source: https://arxiv.org/abs/1606.08415."""

    @tf.custom_gradient
    def compute(states: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        half = tf.cast(0.5, states.dtype)
        distribution = half + half * tf.math.erf(states * tf.cast(math.sqrt(0.5), states.dtype))

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            density = tf.exp(-half * tf.square(states)) * tf.cast(1.0 / math.sqrt(2.0 * math.pi), states.dtype)
            return upstream * (distribution + states * density)

        return states * distribution, gradient

    return compute(states)
