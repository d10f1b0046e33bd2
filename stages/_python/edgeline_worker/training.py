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

DROPOUTS_PER_STEP = 4096
"""More than any model has: seeds of one step's dropouts never meet those of the next one's."""


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


class Trainer:
    """A model being fine-tuned, and the log of it."""

    def __init__(
        self,
        model: TransformerClassifier,
        texts: EncodedTexts,
        validation: EncodedTexts,
        options: TrainingOptions,
        job: Job,
    ) -> None:
        self.log = TrainingLog(steps_per_epoch=-(-len(texts) // options.batch_size))
        self._model = model
        self._texts = texts
        self._validation = validation
        self._options = options
        self._job = job
        self._steps = self.log.steps_per_epoch * options.epochs
        self._step = 0
        variables = [variable.value for variable in model.trainable_variables]
        self._optimizer = AdamW(variables, options.weight_decay)
        self._update = compile_training_step(model, self._optimizer, variables, options.gradient_clip_norm)
        self._predict = compile_prediction(model)

    def train(self) -> None:
        """Leaves in the model the weights of the epoch with the best macro-F1 on validation, the earliest of equals.

        Raises StageError `loss-not-finite` naming the step and its texts.
        """
        best_weights: dict[str, np.ndarray] = {}
        best_score = -1.0
        for epoch in range(1, self._options.epochs + 1):
            trained = self._train_epoch(epoch)
            validated, confusion = self._validate(epoch)
            for name, value in validated.items():
                self._job.metric(name, value, self._step)
            self._job.metric("train_loss", trained["train_loss"], self._step)
            self.log.epochs.append({"epoch": epoch, **trained, **validated})
            if validated["validation_macro_f1"] > best_score:
                best_score, self.log.best_epoch = validated["validation_macro_f1"], epoch
                self.log.confusion = confusion.tolist()
                best_weights = self._model.weights_as_arrays()
        if self.log.best_epoch != self._options.epochs:
            self._model.assign_weights(best_weights)

    def _train_epoch(self, epoch: int) -> dict[str, float]:
        phase = f"epoch {epoch} of {self._options.epochs}"
        self._job.progress(self._step, self._steps, "steps", phase)
        started = time.perf_counter()
        window, whole = _Meter(), _Meter()
        total_loss = 0.0
        for indices in training_order(self._texts.lengths, self._options.batch_size, (self._options.seed, epoch)):
            self._step += 1
            batch = make_batch(self._texts, indices)
            loss = self._train_batch(batch)
            if not math.isfinite(loss):
                raise _not_finite(f"at step {self._step} of {self._steps} (epoch {epoch})", batch, self._texts)
            total_loss += loss * len(indices)
            if self._step == 1:
                # It compiled the update.
                window, whole = _Meter(), _Meter()
            else:
                window.samples += len(indices)
                whole.samples += len(indices)
            if self._step == 1 or self._step % REPORT_EVERY == 0:
                self.log.loss.append([self._step, loss])
                self._job.metric("loss", loss, self._step)
                self._job.progress(self._step, self._steps, "steps", phase)
            if self._step % REPORT_EVERY == 0:
                self._job.metric("samples_per_s", window.rate(), self._step)
                window = _Meter()
        return {
            "train_loss": total_loss / len(self._texts),
            "seconds": time.perf_counter() - started,
            "samples_per_s": whole.rate(),
        }

    def _train_batch(self, batch: Batch) -> float:
        """One update; returns the mean cross-entropy before it, in nats."""
        options = self._options
        rate = options.learning_rate * linear_schedule(self._step, self._steps, options.warmup_fraction)
        loss = self._update(
            tf.constant(batch.input_ids),
            tf.constant(batch.attention_mask),
            tf.constant(batch.labels),
            # Far apart for every step: each layer's dropout adds its own number to the second one.
            tf.constant([options.seed, self._step * DROPOUTS_PER_STEP], tf.int32),
            tf.constant(rate, tf.float32),
            tf.constant(self._step, tf.float32),
        )
        self._optimizer.decay(rate, self._step, last=self._step % self.log.steps_per_epoch == 0)
        return float(loss)

    def _validate(self, epoch: int) -> tuple[dict[str, float], np.ndarray]:
        phase = f"validating epoch {epoch} of {self._options.epochs}"
        result = evaluate(self._predict, self._validation, self._model.output_classes, self._job, phase)
        if not math.isfinite(result.loss):
            raise _not_finite(f"on validation after epoch {epoch}")
        figures = {
            "validation_loss": result.loss,
            "validation_accuracy": accuracy(result.confusion),
            "validation_macro_f1": macro_f1(result.confusion),
        }
        return figures, result.confusion


class _Meter:
    """Samples per second since it was made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.samples = 0

    def rate(self) -> float:
        return self.samples / (time.perf_counter() - self._started)


def _not_finite(where: str, batch: Batch | None = None, texts: EncodedTexts | None = None) -> StageError:
    begins = ""
    if batch is not None and texts is not None:
        begins = f", in the batch that begins with texts {', '.join(texts.ids[index] for index in batch.indices[:3])}"
    return StageError(
        "loss-not-finite",
        f"the loss is not a finite number {where}{begins}",
        "lower learning_rate, or lengthen warmup_fraction",
    )
