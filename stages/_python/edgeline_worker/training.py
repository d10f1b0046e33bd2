"""Fine-tuning of a classifier: one compiled step for all lengths, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from edgeline_worker.batches import Batch, EncodedTexts, evaluation_order, make_batch, training_order
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.numerics import accuracy, confusion_matrix, macro_f1
from edgeline_worker.optimizer import AdamW, clip_gradients, linear_schedule
from edgeline_worker.protocol import Job, StageError

REPORT_EVERY = 10
"""Steps between two figures of the loss."""

EVALUATION_BATCH = 64


@dataclass(frozen=True)
class TrainingOptions:
    learning_rate: float
    batch_size: int
    epochs: int
    warmup_fraction: float
    weight_decay: float
    gradient_clip_norm: float
    seed: int


@dataclass
class TrainingLog:
    """What training.json records of the run; see docs/reference/artifacts.md."""

    steps_per_epoch: int = 0
    epochs: list[dict[str, Any]] = field(default_factory=list)
    loss: list[list[float]] = field(default_factory=list)
    best_epoch: int = 0
    confusion: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class Evaluation:
    """Of one split: mean cross-entropy in nats, and the confusion matrix, rows the truth."""

    loss: float
    confusion: np.ndarray


_TOKENS = tf.TensorSpec([None, None], tf.int32)
_LABELS = tf.TensorSpec([None], tf.int32)
_SCALAR = tf.TensorSpec([], tf.float32)
_SEED = tf.TensorSpec([2], tf.int32)


def compile_training_step(
    model: TransformerClassifier, optimizer: AdamW, variables: list[tf.Variable], clip_norm: float
) -> Callable[..., tf.Tensor]:
    """One update on one batch; returns the batch's mean cross-entropy before it. Traced once for every length."""

    @tf.function(input_signature=[_TOKENS, _TOKENS, _LABELS, _SEED, _SCALAR, _SCALAR])
    def step(
        input_ids: tf.Tensor,
        attention_mask: tf.Tensor,
        labels: tf.Tensor,
        seed: tf.Tensor,
        learning_rate: tf.Tensor,
        number: tf.Tensor,
    ) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = model(model_inputs(input_ids, attention_mask), seed=seed)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        gradients, _ = clip_gradients(tape.gradient(loss, variables), clip_norm)
        optimizer.apply(gradients, learning_rate, number)
        return loss

    return step


def model_inputs(input_ids: tf.Tensor, attention_mask: tf.Tensor) -> dict[str, tf.Tensor]:
    """Single texts: every token is of type 0."""
    return {
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "token_type_ids": tf.zeros_like(input_ids),
    }


def compile_prediction(model: TransformerClassifier) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """int32 (batch, length) twice to float32 logits (batch, labels), without dropout."""

    @tf.function(input_signature=[_TOKENS, _TOKENS])
    def predict(input_ids: tf.Tensor, attention_mask: tf.Tensor) -> tf.Tensor:
        return model(model_inputs(input_ids, attention_mask))

    return predict


def evaluate(
    predict: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], texts: EncodedTexts, classes: int, job: Job, phase: str
) -> Evaluation:
    """Scores every text; reports progress in rows."""
    logits = np.zeros((len(texts), classes), np.float32)
    done = 0
    for indices in evaluation_order(texts.lengths, EVALUATION_BATCH):
        batch = make_batch(texts, indices)
        logits[indices] = predict(tf.constant(batch.input_ids), tf.constant(batch.attention_mask)).numpy()
        done += len(indices)
        job.progress(done, len(texts), "rows", phase)
    wide = logits.astype(np.float64)
    peak = wide.max(axis=1)
    normalizer = peak + np.log(np.exp(wide - peak[:, None]).sum(axis=1))
    loss = float(np.mean(normalizer - wide[np.arange(len(wide)), texts.labels]))
    return Evaluation(loss, confusion_matrix(texts.labels, wide.argmax(axis=1), classes))


def train(
    model: TransformerClassifier,
    texts: EncodedTexts,
    validation: EncodedTexts,
    options: TrainingOptions,
    job: Job,
) -> TrainingLog:
    """Leaves in `model` the weights of the epoch with the best macro-F1 on validation, the earliest of equals.

    Raises StageError `loss-not-finite` naming the step and its texts.
    """
    variables = [variable.value for variable in model.trainable_variables]
    optimizer = AdamW(variables, options.weight_decay)
    step_function = compile_training_step(model, optimizer, variables, options.gradient_clip_norm)
    predict = compile_prediction(model)
    classes = model.output_classes
    log = TrainingLog(steps_per_epoch=-(-len(texts) // options.batch_size))
    steps = log.steps_per_epoch * options.epochs
    best_weights: dict[str, np.ndarray] = {}
    best_score = -1.0
    number = 0
    for epoch in range(1, options.epochs + 1):
        phase = f"epoch {epoch} of {options.epochs}"
        job.progress(number, steps, "steps", phase)
        started = time.perf_counter()
        window = _Window()
        total_loss = 0.0
        for indices in training_order(texts.lengths, options.batch_size, (options.seed, epoch)):
            number += 1
            batch = make_batch(texts, indices)
            rate = options.learning_rate * linear_schedule(number, steps, options.warmup_fraction)
            loss = float(
                step_function(
                    tf.constant(batch.input_ids),
                    tf.constant(batch.attention_mask),
                    tf.constant(batch.labels),
                    # Far apart for every step: each layer's dropout adds its own number to the second one.
                    tf.constant([options.seed, number * 4096], tf.int32),
                    tf.constant(rate, tf.float32),
                    tf.constant(number, tf.float32),
                )
            )
            if not math.isfinite(loss):
                raise _not_finite(number, steps, epoch, batch, texts)
            optimizer.decay(rate, number, last=number % log.steps_per_epoch == 0)
            total_loss += loss * len(indices)
            window.add(len(indices))
            if number % REPORT_EVERY == 0 or number == 1:
                log.loss.append([number, loss])
                job.metric("loss", loss, number)
                job.metric("samples_per_s", window.restart(), number)
                job.progress(number, steps, "steps", phase)
        seconds = time.perf_counter() - started
        result = evaluate(predict, validation, classes, job, f"validating epoch {epoch} of {options.epochs}")
        score = macro_f1(result.confusion)
        record = {
            "epoch": epoch,
            "train_loss": total_loss / len(texts),
            "validation_loss": result.loss,
            "validation_accuracy": accuracy(result.confusion),
            "validation_macro_f1": score,
        }
        for name in ("train_loss", "validation_loss", "validation_accuracy", "validation_macro_f1"):
            job.metric(name, record[name], number)
        log.epochs.append({**record, "seconds": seconds, "samples_per_s": len(texts) / seconds})
        if score > best_score:
            best_score, log.best_epoch = score, epoch
            log.confusion = result.confusion.tolist()
            best_weights = model.weights_as_arrays()
    if log.best_epoch != options.epochs:
        model.assign_weights(best_weights)
    return log


class _Window:
    """Samples per second since the last report."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._samples = 0

    def add(self, samples: int) -> None:
        self._samples += samples

    def restart(self) -> float:
        now = time.perf_counter()
        rate = self._samples / (now - self._started)
        self._started, self._samples = now, 0
        return rate


def _not_finite(step: int, steps: int, epoch: int, batch: Batch, texts: EncodedTexts) -> StageError:
    first = ", ".join(texts.ids[index] for index in batch.indices[:3])
    return StageError(
        "loss-not-finite",
        f"the loss is not a finite number at step {step} of {steps} (epoch {epoch}), in the batch that begins with "
        f"texts {first}",
        "lower learning_rate, or lengthen warmup_fraction",
    )
