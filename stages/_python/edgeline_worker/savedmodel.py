"""A trained classifier as a TensorFlow SavedModel that plain TensorFlow loads and serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from edgeline_worker.model import Forward
from edgeline_worker.protocol import StageError
from edgeline_worker.spec import ModelSpec, parameter_count

SIGNATURE = "serving_default"
INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids")


class ServedClassifier(tf.Module):
    """Variables by canonical name, embedding tables among them, and one signature."""

    def __init__(self, spec: ModelSpec, weights: Mapping[str, np.ndarray]) -> None:
        super().__init__(name=spec.family)
        self.spec = spec
        self.tensors = {name: tf.Variable(array, name=name, trainable=True) for name, array in weights.items()}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32, name=name) for name in INPUT_NAMES])
    def serve(self, input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """int32 (batch, length) three times to float32 (batch, labels) twice."""
        tensors = {name: variable.read_value() for name, variable in self.tensors.items()}
        logits = Forward(self.spec, tensors).logits(input_ids, attention_mask, token_type_ids)
        return {"logits": logits, "probabilities": tf.nn.softmax(logits)}


def write_saved_model(folder: Path, spec: ModelSpec, weights: Mapping[str, np.ndarray]) -> None:
    """Writes a SavedModel whose bytes depend on the spec, the weights and TensorFlow's version only."""
    module = ServedClassifier(spec, weights)
    tf.saved_model.save(module, str(folder), signatures={SIGNATURE: module.serve})
    # It holds a random identifier, and hashes of files that are all there to be hashed; loading does not need it.
    (folder / "fingerprint.pb").unlink(missing_ok=True)
    (folder / "assets").rmdir()
    graph = folder / "saved_model.pb"
    document = SavedModel.FromString(graph.read_bytes())
    # Protocol buffers write maps in any order unless told otherwise.
    graph.write_bytes(document.SerializeToString(deterministic=True))


def check_saved_model(folder: Path, spec: ModelSpec, weights: Mapping[str, np.ndarray], pair: bool = False) -> float:
    """Loads it as any TensorFlow program would; returns the largest difference of its logits to the model's own.

    Raises StageError `export-differs` when a table is not among its variables or when the logits differ by over 1e-4.
    """
    loaded = tf.saved_model.load(str(folder))
    stored = sum(int(np.prod(variable.shape)) for variable in loaded.tensors.values())
    inputs = probe_inputs(spec, pair)
    served = loaded.signatures[SIGNATURE](**inputs)["logits"].numpy()
    own = Forward(spec, {name: tf.constant(array) for name, array in weights.items()}).logits(**inputs).numpy()
    difference = float(np.max(np.abs(served - own)))
    if stored != parameter_count(spec) or not difference <= 1e-4:
        raise StageError(
            "export-differs",
            f"the SavedModel holds {stored} of {parameter_count(spec)} parameters, and logits differ by {difference}",
            "this is a fault of Edgeline or TensorFlow: please report it",
        )
    return difference


def probe_inputs(spec: ModelSpec, pair: bool = False) -> dict[str, tf.Tensor]:
    """Two made-up texts of 24 and 9 tokens, the second one padded: int32 (2, 24) by input name.

    Of a `pair` the first 5 tokens are the first segment.
    """
    generator = np.random.Generator(np.random.PCG64(0))
    length = min(24, spec.max_positions)
    input_ids = generator.integers(0, spec.vocabulary_size, (2, length), dtype=np.int32)
    mask = np.ones_like(input_ids)
    mask[1, min(9, length) :] = 0
    types = np.zeros_like(mask)
    if pair:
        types[:, 5:] = mask[:, 5:]
    arrays = {"input_ids": input_ids * mask, "attention_mask": mask, "token_type_ids": types}
    return {name: tf.constant(array) for name, array in arrays.items()}
