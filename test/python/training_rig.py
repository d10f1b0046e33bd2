"""A tiny training within the tests' own process."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from edgeline_worker.batches import EncodedTexts
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.protocol import Channel, Job
from edgeline_worker.training import TrainingOptions
from edgeline_worker.weights import draw_classifier, draw_random_weights
from worker_rig import TINY_BERT

OPTIONS = TrainingOptions(
    learning_rate=3e-3,
    batch_size=8,
    epochs=3,
    warmup_fraction=0.1,
    weight_decay=0.01,
    gradient_clip_norm=1.0,
    seed=1,
)


class Listener:
    """A job whose messages can be read."""

    def __init__(self, folder: Path) -> None:
        self._stream = io.StringIO()
        document: dict[str, Any] = {"instance": "train", "options": {}, "coordinates": {}, "outputs": {}}
        document |= {"external": {}, "scratch_dir": str(folder), "cache_dir": str(folder), "threads": 2}
        self.job = Job(document, Channel(self._stream))

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        messages = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [message for message in messages if message["type"] == kind]


def tiny_model(precision: str = "float32", dropout: float = 0.0, seed: int = 1) -> TransformerClassifier:
    spec = replace(spec_of_declaration(TINY_BERT), dropout=dropout, attention_dropout=dropout)
    model = TransformerClassifier(spec.with_head(3), precision)
    model.assign_weights(draw_random_weights(spec, seed) | draw_classifier(model.spec, seed))
    return model


def tiny_texts(count: int, seed: int) -> EncodedTexts:
    """Random tokens; the one after [CLS] says the class three times of four."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 3, count).astype(np.int32)
    said = np.where(generator.random(count) < 0.75, labels, generator.integers(0, 3, count))
    tokens = [
        np.concatenate([[101, 200 + said[index]], generator.integers(110, 190, generator.integers(2, 20))])
        for index in range(count)
    ]
    return encoded([row.astype(np.int32) for row in tokens], labels)


def encoded(tokens: list[np.ndarray], labels: np.ndarray) -> EncodedTexts:
    """Single texts."""
    lengths = np.array([len(row) for row in tokens], np.int32)
    return EncodedTexts([f"t{index}" for index in range(len(tokens))], tokens, lengths, labels)
