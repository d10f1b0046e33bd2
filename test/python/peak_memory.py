"""A program: trains two steps of a model on made-up texts and prints the process's peak memory beside its estimate, as JSON."""

from __future__ import annotations

import json
import sys

import edgeline_worker  # noqa: F401
import numpy as np
from edgeline_worker.batches import Batch
from edgeline_worker.losses import cross_entropy
from edgeline_worker.memory import MemoryEstimate
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.optimizer import AdamW
from edgeline_worker.presets import PRESETS, apply_overrides
from edgeline_worker.runtime import configure, peak_resident_bytes
from edgeline_worker.updates import Update

preset, layers, rows, length = sys.argv[1], *map(int, sys.argv[2:5])
configure(2, 1)
spec = apply_overrides(PRESETS[preset], {"layers": layers}).with_head(3)
model = TransformerClassifier(spec)
generator = np.random.default_rng(0)
for variable in model.trainable_variables:
    variable.assign(generator.standard_normal(variable.shape, dtype=np.float32) * 0.02)
optimizer = AdamW([variable.value for variable in model.trainable_variables], 0.01)
update = Update(model, optimizer, cross_entropy(), 1.0, 1)
tokens = generator.integers(1000, 30000, (rows, length)).astype(np.int32)
batch = Batch(tokens, np.ones_like(tokens), np.zeros_like(tokens), np.zeros(rows, np.int32), np.arange(rows))
for step in (1, 2):
    update([batch], np.zeros((rows, 0), np.float32), step, 1e-5)
need = MemoryEstimate(spec, rows, length, "float32").of_parts(1)
print(json.dumps({"peak": peak_resident_bytes(), "estimate": need.total}))
