"""One update of a model's weights: the gradients of a batch, at once or in parts, and the optimizer's step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from edgeline_worker.batches import Batch
from edgeline_worker.evaluation import TOKENS, batch_tensors, model_inputs
from edgeline_worker.losses import Loss
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.optimizer import AdamW, clip_gradients

DROPOUTS_PER_STEP = 4096
"""More than any model has: seeds of one step's dropouts never meet those of the next one's."""

_LABELS = tf.TensorSpec([None], tf.int32)
_SOFT = tf.TensorSpec([None, None], tf.float32)
_SCALAR = tf.TensorSpec([], tf.float32)
_SEED = tf.TensorSpec([2], tf.int32)
_BATCH = [TOKENS, TOKENS, TOKENS, _LABELS, _SOFT, _SEED]


@dataclass
class LossScale:
    """Dynamic loss scaling for float16, whose smallest gradients would be zero.

    Source: section 3.2 of https://arxiv.org/abs/1710.03740, with the constants of Keras and PyTorch.
    """

    value: float = 2.0**15
    good_steps: int = 0

    def note(self, finite: bool) -> None:
        """Halves after an update that overflowed, doubles after 2,000 that did not."""
        self.good_steps = self.good_steps + 1 if finite else 0
        if not finite:
            self.value = max(1.0, self.value / 2)
        elif self.good_steps == 2000:
            self.value, self.good_steps = self.value * 2, 0


class Update:
    """Computes the gradients of a batch and applies them.

    `parts` is into how many a batch may be cut (gradient accumulation): the sum over them is the batch's gradient.
    """

    def __init__(
        self, model: TransformerClassifier, optimizer: AdamW, loss: Loss, clip_norm: float, seed: int, parts: int = 1
    ) -> None:
        self._model = model
        self._optimizer = optimizer
        self._loss = loss
        self._clip_norm = clip_norm
        self._seed = seed
        self._variables = [variable.value for variable in model.trainable_variables]
        self.scale = LossScale() if model.precision == tf.float16 else None
        if parts == 1 and self.scale is None:
            self._whole = self._compile_whole()
        else:
            self._sums = [tf.Variable(tf.zeros_like(variable)) for variable in self._variables]
            self._whole = None
            self._accumulate = self._compile_accumulation()
            self._finish = self._compile_finish()

    def __call__(
        self, parts: Sequence[Batch], soft_targets: np.ndarray, number: int, learning_rate: float
    ) -> float:
        """Update `number`, from 1, on one batch; returns its mean loss before it.

        `soft_targets` is float32 (rows of all parts, n).
        """
        # Far apart for every step: each layer's dropout adds its own number to the second one.
        seed = tf.constant([self._seed, number * DROPOUTS_PER_STEP], tf.int32)
        rate, step = tf.constant(learning_rate, tf.float32), tf.constant(number, tf.float32)
        if self._whole is not None:
            (batch,) = parts
            return float(self._whole(*_tensors(batch, soft_targets), seed, rate, step))
        rows = sum(len(part.labels) for part in parts)
        scale = 1.0 if self.scale is None else self.scale.value
        total, first = 0.0, 0
        for index, part in enumerate(parts):
            own = seed if index == 0 else tf.random.experimental.stateless_fold_in(seed, index)
            targets = soft_targets[first : first + len(part.labels)]
            first += len(part.labels)
            loss = self._accumulate(*_tensors(part, targets), own, tf.constant(rows, tf.float32), tf.constant(scale))
            total += float(loss)
        finite = bool(self._finish(rate, step, tf.constant(scale)))
        if self.scale is not None:
            self.scale.note(finite)
        return total

    def _compile_whole(self) -> tf.types.experimental.PolymorphicFunction:
        @tf.function(input_signature=[*_BATCH, _SCALAR, _SCALAR])
        def step(
            input_ids: tf.Tensor,
            attention_mask: tf.Tensor,
            token_type_ids: tf.Tensor,
            labels: tf.Tensor,
            soft_targets: tf.Tensor,
            seed: tf.Tensor,
            learning_rate: tf.Tensor,
            number: tf.Tensor,
        ) -> tf.Tensor:
            with tf.GradientTape() as tape:
                logits = self._model(model_inputs(input_ids, attention_mask, token_type_ids), seed=seed)
                loss = tf.reduce_mean(self._loss(logits, labels, soft_targets))
            gradients, _ = clip_gradients(tape.gradient(loss, self._variables), self._clip_norm)
            self._optimizer.apply(gradients, learning_rate, number)
            return loss

        return step

    def _compile_accumulation(self) -> tf.types.experimental.PolymorphicFunction:
        @tf.function(input_signature=[*_BATCH, _SCALAR, _SCALAR])
        def accumulate(
            input_ids: tf.Tensor,
            attention_mask: tf.Tensor,
            token_type_ids: tf.Tensor,
            labels: tf.Tensor,
            soft_targets: tf.Tensor,
            seed: tf.Tensor,
            rows: tf.Tensor,
            scale: tf.Tensor,
        ) -> tf.Tensor:
            with tf.GradientTape() as tape:
                logits = self._model(model_inputs(input_ids, attention_mask, token_type_ids), seed=seed)
                loss = tf.reduce_sum(self._loss(logits, labels, soft_targets)) / rows
                scaled = loss * scale
            for total, gradient in zip(self._sums, tape.gradient(scaled, self._variables), strict=True):
                if isinstance(gradient, tf.IndexedSlices):
                    total.scatter_add(gradient)
                else:
                    total.assign_add(gradient)
            return loss

        return accumulate

    def _compile_finish(self) -> tf.types.experimental.PolymorphicFunction:
        @tf.function(input_signature=[_SCALAR, _SCALAR, _SCALAR])
        def finish(learning_rate: tf.Tensor, number: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
            gradients = [total / scale for total in self._sums]
            clipped, norm = clip_gradients(gradients, self._clip_norm)
            finite = tf.math.is_finite(norm)
            # Without a loss scale an overflow is no accident: the next loss says so.
            if self.scale is None or finite:
                self._optimizer.apply(clipped, learning_rate, number)
            for total in self._sums:
                total.assign(tf.zeros_like(total))
            return finite

        return finish


def _tensors(batch: Batch, soft_targets: np.ndarray) -> tuple[tf.Tensor, ...]:
    return (*batch_tensors(batch), tf.constant(batch.labels), tf.constant(soft_targets, tf.float32))
