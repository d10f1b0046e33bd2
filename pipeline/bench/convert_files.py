"""Makes the TFLite files that `bench convert` compares: ours, and those of the routes that a tutorial shows.

The only argument is the path of a JSON file: `preset`, perhaps `routes` and `precisions` (all without), and `folder`, into which `<route>-<precision>.tflite` are written for the
routes `edgeline`, `from_saved_model`, `keras_export` and `keras_layers`. Prints one JSON object: by file its seconds, or why it could not be made. The first three begin
with the same random weights, those of norms and biases too; `keras_layers` is another program of the same model (plain_keras.py). All take any length; ours
has a batch of 1, theirs are as they come.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from edgeline_worker.conversion import convert
from edgeline_worker.files import write_json
from edgeline_worker.freezing import freeze
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.presets import PRESETS
from edgeline_worker.rewrites import rewrite
from edgeline_worker.runtime import configure
from edgeline_worker.savedmodel import INPUT_NAMES, write_saved_model
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import draw_random_weights
from edgeline_worker.wordpiece import made_up_vocabulary
from plain_keras import plain_classifier

PRECISIONS = ("fp32", "int8")
LABELS = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
"""Those of the generated texts."""

Weights = dict[str, np.ndarray]


def main(job: dict[str, Any]) -> None:
    configure(1)
    spec = PRESETS[job["preset"]].with_head(len(LABELS))
    weights = draw_random_weights(spec, 1)
    folder = Path(job["folder"])
    write_saved_model(folder / "saved_model", spec, weights)
    describe(folder / "saved_model", spec)
    graph = freeze(spec, rewrite(spec, weights), None)
    routes: dict[str, Callable[[str], object]] = {
        "edgeline": lambda precision: (folder / f"edgeline-{precision}.tflite").write_bytes(convert(graph, precision)),
        "from_saved_model": lambda precision: plain(precision, folder),
        "keras_export": lambda precision: exported(own_layers(spec, weights), precision, folder / "keras_export"),
        "keras_layers": lambda precision: exported(their_layers(spec), precision, folder / "keras_layers"),
    }
    made: dict[str, float | str] = {}
    for route in job.get("routes", list(routes)):
        make = routes[route]
        for precision in job.get("precisions", PRECISIONS):
            started = time.perf_counter()
            try:
                make(precision)
                made[f"{route}-{precision}"] = time.perf_counter() - started
            except Exception as error:
                if route == "edgeline":
                    raise
                # A peer that cannot do this says so in the bench's note.
                made[f"{route}-{precision}"] = str(error).splitlines()[0]
    print(json.dumps(made))


def describe(saved_model: Path, spec: ModelSpec) -> None:
    """What the stage `export` writes beside the graph, for the stages that are timed on it."""
    weights = {"source": "random:1", "sha256": "", "pretrained": False}
    document = {"schema": 1, "labels": LABELS, "spec": spec.to_json(), "weights": weights}
    write_json(saved_model / "edgeline.json", {**document, "max_length": 64, "input": "tweet"})
    vocabulary = made_up_vocabulary(spec.vocabulary_size)
    (saved_model / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


def plain(precision: str, folder: Path) -> None:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved_model"))
    if precision == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    (folder / f"from_saved_model-{precision}.tflite").write_bytes(converter.convert())


def own_layers(spec: ModelSpec, weights: Weights) -> keras.Model:
    classifier = TransformerClassifier(spec)
    classifier.assign_weights(weights)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in INPUT_NAMES}
    return keras.Model(inputs, classifier(inputs))


def their_layers(spec: ModelSpec) -> keras.Model:
    model = plain_classifier(spec, INPUT_NAMES, len(LABELS))
    if model.count_params() != parameter_count(spec):
        raise ValueError(f"{model.count_params()} parameters, where Edgeline's model has {parameter_count(spec)}")
    return model


def exported(model: keras.Model, precision: str, path: Path) -> None:
    options = {"optimizations": [tf.lite.Optimize.DEFAULT]} if precision == "int8" else {}
    model.export(f"{path}-{precision}.tflite", format="litert", verbose=False, **options)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
