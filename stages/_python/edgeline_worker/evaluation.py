"""Scoring a split while training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from edgeline_worker.batches import Batch, EncodedTexts, evaluation_order, make_batch
from edgeline_worker.files import read_json_lines, write_json_lines
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.numerics import accuracy, confusion_matrix, macro_f1
from edgeline_worker.protocol import Job

EVALUATION_BATCH = 64

TOKENS = tf.TensorSpec([None, None], tf.int32)
"""Token ids, a mask or token types of one batch: (rows, padded length)."""

Prediction = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""int32 (rows, length) three times, token ids, mask and token types, to float32 logits (rows, classes)."""


@dataclass(frozen=True)
class Evaluation:
    """Of one split: float32 logits (texts, classes), mean cross-entropy in nats, confusion with rows the truth."""

    logits: np.ndarray
    loss: float
    confusion: np.ndarray

    @property
    def finite(self) -> bool:
        return math.isfinite(self.loss)

    def figures(self) -> dict[str, float]:
        """What decides comes first: a terminal with little room shows the first ones only."""
        return {
            "validation_macro_f1": macro_f1(self.confusion),
            "validation_accuracy": accuracy(self.confusion),
            "validation_loss": self.loss,
        }


def model_inputs(
    input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor
) -> dict[str, tf.Tensor]:
    return {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}


def batch_tensors(batch: Batch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """What the model is fed, in the order of `model_inputs`."""
    return tf.constant(batch.input_ids), tf.constant(batch.attention_mask), tf.constant(batch.token_type_ids)


def compile_prediction(model: TransformerClassifier) -> Prediction:
    """Without dropout; traced once for every length."""

    @tf.function(input_signature=[TOKENS, TOKENS, TOKENS])
    def predict(input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        return model(model_inputs(input_ids, attention_mask, token_type_ids))

    return predict


def predict_all(predict: Prediction, texts: EncodedTexts, classes: int, job: Job, phase: str) -> np.ndarray:
    """Logits of every text in the order of `texts`, float32 (texts, classes); reports progress in rows."""
    logits = np.zeros((len(texts), classes), np.float32)
    done = 0
    for indices in evaluation_order(texts.lengths, EVALUATION_BATCH):
        batch = make_batch(texts, indices)
        logits[indices] = predict(*batch_tensors(batch)).numpy()
        done += len(indices)
        job.progress(done, len(texts), "rows", phase)
    return logits


def score(logits: np.ndarray, labels: np.ndarray) -> Evaluation:
    """float32 (texts, classes) and int (texts,)."""
    wide = logits.astype(np.float64)
    peak = wide.max(axis=1)
    normalizer = peak + np.log(np.exp(wide - peak[:, None]).sum(axis=1))
    loss = float(np.mean(normalizer - wide[np.arange(len(wide)), labels]))
    return Evaluation(logits, loss, confusion_matrix(labels, wide.argmax(axis=1), logits.shape[1]))


def write_predictions(path: Path, split: Path, logits: np.ndarray) -> None:
    """One row for each of the encoded split's, in its order; logits to float32's nine significant digits."""
    write_json_lines(
        path,
        (
            {
                "id": row["id"],
                "entity": row["entity"],
                "label": row["label"],
                "logits": [float(f"{value:.9g}") for value in values],
            }
            for row, values in zip(read_json_lines(split), logits.tolist(), strict=True)
        ),
    )
